"""Cards as wallets and verifiers meet them that nobody here wrote."""

import json
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc.jwk import ECKey

from devstack.journey.cards import read_card
from devstack.journey.http import expect, json_part, new_http, to_base64url
from devstack.journey.student import StudentClient
from devstack.ports import HOST
from devstack.stack import Stack
from tests.attester import Attester
from tests.interop.conftest import Json, Script, require_node
from tests.journeys.conftest import People
from tests.waiting import eventually

require_node()

pytestmark = pytest.mark.timeout(180)

PUBLIC = ("kty", "crv", "x", "y")
SHOWN = ["given_name", "family_name", "portrait"]


@dataclass(frozen=True, slots=True)
class Activated:
    """A card in the wallet by others, and the student to whom it belongs."""

    student: StudentClient
    order_id: str
    told: Json

    @property
    def credential(self) -> str:
        return str(self.told["credentials"][0])

    def shown(self, **instead: object) -> Json:
        """What the verifier by others is asked to check."""
        job = {"credential": self.credential, "holderKey": self.told["holderKey"], "names": SHOWN}
        return {**job, "trusted": self.told["issuer"], **instead}


@pytest.fixture
async def ready(people: People) -> tuple[StudentClient, Json]:
    student = await people.student_at_a_browser()
    return student, await student.wait_for((await student.place_order())["order_id"], "READY")


@pytest.fixture
async def activated(ready: tuple[StudentClient, Json], wallet: Script) -> Activated:
    return await activate(ready, wallet, with_dpop=True)


async def activate(
    ready: tuple[StudentClient, Json],
    wallet: Script,
    *,
    with_dpop: bool,
    offer: str | None = None,
    attested: Json | None = None,
) -> Activated:
    student, order = ready
    activation = order["activation"]
    job = {"offer": offer or activation["qr_payload"], "txCode": activation["activation_code"]}
    told = await wallet({**job, "withDpop": with_dpop, "attested": attested})
    assert "refused" not in told, told["refused"]
    await student.wait_for(order["order_id"], "ACTIVATED")
    return Activated(student, order["order_id"], told)


async def test_a_wallet_by_others_gets_a_card_with_a_token_bound_to_its_key(activated: Activated) -> None:
    card = read_card(activated.credential)

    assert activated.told["tokenType"] == "DPoP"
    assert card.holder_key().as_dict(private=False)["x"] == activated.told["holderKey"]["x"]


async def test_a_wallet_without_dpop_gets_a_card_too(
    ready: tuple[StudentClient, Json], wallet: Script
) -> None:
    activated = await activate(ready, wallet, with_dpop=False)

    assert activated.told["tokenType"] == "Bearer"


async def test_a_wallet_by_others_gets_an_instance_for_each_key_that_its_maker_vouches_for(
    ready: tuple[StudentClient, Json], wallet: Script, verifier: Script, maker: Attester
) -> None:
    keys = [ECKey.generate_key("P-256").as_dict(private=True) for _ in range(3)]
    attestation = maker.key_attestation([{name: key[name] for name in PUBLIC} for key in keys])

    activated = await activate(
        ready, wallet, with_dpop=True, attested={"keys": keys, "attestation": attestation}
    )

    cards = [read_card(str(each)) for each in activated.told["credentials"]]
    assert [card.holder_key().as_dict(private=False)["x"] for card in cards] == [key["x"] for key in keys]
    last = {"credential": activated.told["credentials"][2], "holderKey": keys[2]}
    told = await verifier(activated.shown(**last))
    assert "refused" not in told, told["refused"]


async def test_an_issuer_without_a_path_in_its_identifier_is_walked_to_the_card_and_checked(
    people: People, stack: Stack, wallet: Script, verifier: Script
) -> None:
    student = await people.student_at_a_browser(of="pwr")
    order = await student.wait_for((await student.place_order())["order_id"], "READY")

    activated = await activate((student, order), wallet, with_dpop=True)

    issuer = f"http://{HOST}:{stack.ports.issuer}"
    assert activated.told["issuer"] == read_card(activated.credential).issuer == issuer
    told = await verifier(activated.shown())
    assert "refused" not in told, told["refused"]
    assert told["status"] == 0


async def test_our_offer_is_good_by_value_too(ready: tuple[StudentClient, Json], wallet: Script) -> None:
    address = parse_qs(urlsplit(ready[1]["activation"]["qr_payload"]).query)["credential_offer_uri"][0]
    async with new_http() as http:
        offer = expect(await http.get(address)).text

    by_value = f"openid-credential-offer://?credential_offer={quote(offer)}"
    activated = await activate(ready, wallet, with_dpop=True, offer=by_value)

    assert activated.told["tokenType"] == "DPoP"


async def test_a_wallet_by_others_learns_that_the_code_is_wrong(
    ready: tuple[StudentClient, Json], wallet: Script
) -> None:
    activation = ready[1]["activation"]
    wrong = f"{(int(activation['activation_code']) + 1) % 10**8:08}"

    told = await wallet({"offer": activation["qr_payload"], "txCode": wrong, "withDpop": True})

    assert "invalid_grant" in told["refused"]


async def test_a_verifier_by_others_finds_the_card_valid_and_learns_what_is_shown_only(
    activated: Activated, verifier: Script
) -> None:
    told = await verifier(activated.shown())

    assert "refused" not in told, told["refused"]
    assert told["claims"]["portrait"].startswith("data:image/jpeg;base64,")
    assert set(SHOWN) <= told["claims"].keys()
    assert "pesel" not in told["claims"]
    assert told["vct"] == told["claims"]["vct"]
    assert (told["status"], told["bits"]) == (0, 2)


async def test_a_card_that_was_tampered_with_is_refused(activated: Activated, verifier: Script) -> None:
    header, claims, _signature = read_card(activated.credential).token.split(".")
    longer = to_base64url(json.dumps({**json_part(claims), "exp": 2**40}).encode())
    forged = activated.credential.replace(f"{header}.{claims}.", f"{header}.{longer}.")

    told = await verifier(activated.shown(credential=forged))

    assert "Invalid JWT Signature" in told["refused"]


async def test_a_disclosure_that_the_issuer_did_not_make_is_refused(
    activated: Activated, verifier: Script
) -> None:
    made_up = to_base64url(b'["c2FsdHNhbHRzYWx0c2FsdA","status_of_student","PhD"]')

    told = await verifier(activated.shown(added=[made_up]))

    assert "refused" in told or "status_of_student" not in told["claims"]


async def test_a_card_in_the_hand_of_another_key_is_refused(activated: Activated, verifier: Script) -> None:
    another = ECKey.generate_key("P-256").as_dict(private=True)

    told = await verifier(activated.shown(holderKey=another))

    assert "Verify Error" in told["refused"]


async def test_a_revoked_card_is_refused(activated: Activated, verifier: Script) -> None:
    [card] = await activated.student.cards()
    await activated.student.change_card(card["credential_id"], "revocation")

    async def refused() -> str | None:
        return (await verifier(activated.shown())).get("refused")

    assert "Status is not valid" in str(await eventually(refused, timeout=45, every=1))
