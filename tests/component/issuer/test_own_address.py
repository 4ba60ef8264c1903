"""Issuers with a path in their identifier and without one, in one service: the same way to a card at both."""

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509

from issuer.settings import IssuerSettings
from issuer.vault import Vault
from issuer.workshop import Workshop
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import Keys, create_development_keys
from tests.component.issuer.cards import OpenedCard, open_card, open_signed
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, Order, Scene, WalletApp
from tests.databases import Database
from tests.dpop import DpopClient
from tests.own_address import OWN_ADDRESS, institutions_in

ISSUERS = [("umcs", f"{ISSUER}/t/umcs"), ("pwr", OWN_ADDRESS)]


@pytest.fixture
def institutions(tmp_path: Path) -> Path:
    return institutions_in(tmp_path / "institutions")


@pytest.fixture
def keys(keys_dir: Path, tmp_path: Path, institutions: Path) -> Keys:
    """Those of all tests, where the certificate names the own address."""
    folder = shutil.copytree(keys_dir, tmp_path / "keys")
    create_development_keys(folder, issuer_addresses(load_institutions(institutions), ISSUER))
    return Keys(folder)


@pytest.fixture
def workshop(keys: Keys, institutions: Path) -> Workshop:
    return Workshop(load_institutions(institutions), Vault(keys))


@pytest.fixture
def settings(issuer_database: Database, keys: Keys, institutions: Path) -> IssuerSettings:
    return IssuerSettings(
        environment="development",
        database_url=issuer_database.url,
        keys_dir=keys.directory,
        institutions_dir=institutions,
    )


def well_known(issuer: str, name: str) -> str:
    place = urlsplit(issuer)
    return f"{place.scheme}://{place.netloc}/.well-known/{name}{place.path}"


class Wallet(DpopClient):
    """Knows the identifier of an issuer, and finds all else by what it says; sends a proof with its token."""

    def __init__(self, app: WalletApp, issuer: str) -> None:
        super().__init__()
        self.app, self.http, self.issuer = app, app.http, issuer
        self.phone = Phone()

    async def metadata(self, **headers: str) -> httpx.Response:
        return await self.http.get(well_known(self.issuer, "openid-credential-issuer"), headers=headers)

    async def token(self, order: Order) -> str:
        ready = await self.app.scene.ready(order)
        return self.app.token(ready, aud=self.issuer, cnf={"jkt": self.jkt})

    async def card(self, token: str) -> httpx.Response:
        about, now = (await self.metadata()).json(), self.app.scene.clock.now
        nonce = (await self.http.post(about["nonce_endpoint"])).json()["c_nonce"]
        proof = self.phone.proof(audience=about["credential_issuer"], nonce=nonce, now=now)
        [configuration] = about["credential_configurations_supported"]
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}}
        return await self.send(about["credential_endpoint"], token, body)

    async def send(self, endpoint: str, token: str, body: dict[str, Any], to: str = "") -> httpx.Response:
        """The proof is for the endpoint, and the request goes there unless `to` says otherwise."""
        nonces = (await self.http.post(f"{self.issuer}/nonce")).headers
        now = self.app.scene.clock.now
        proof = self.proof(endpoint, now, nonce=nonces["dpop-nonce"], access_token=token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        return await self.http.post(to or endpoint, json=body, headers=headers)


def named_in(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)


@pytest.mark.parametrize("issuer", [issuer for _, issuer in ISSUERS])
async def test_metadata_are_at_the_well_known_place_of_the_identifier_plain_and_signed(
    wallet: WalletApp, issuer: str
) -> None:
    phone = Wallet(wallet, issuer)

    about = (await phone.metadata()).json()

    assert about["credential_issuer"] == issuer
    for name in ("credential", "deferred_credential", "nonce", "notification"):
        assert about[f"{name}_endpoint"] == f"{issuer}/{name}"
    _, signed, certificate = open_signed((await phone.metadata(accept="application/jwt")).text)
    assert signed["iss"] == signed["sub"] == signed["credential_issuer"] == issuer
    assert named_in(certificate) == [issuer]


@pytest.mark.parametrize(("institution_id", "issuer"), ISSUERS)
async def test_a_token_becomes_a_card_that_names_its_issuer_and_can_be_checked_there(
    scene: Scene, wallet: WalletApp, institution_id: str, issuer: str
) -> None:
    phone = Wallet(wallet, issuer)
    order = await scene.place(Order(institution_id=institution_id))
    token = await phone.token(order)

    answer = await phone.card(token)

    card = open_card(answer)
    assert (card.claims["iss"], card.claims["vct"]) == (issuer, f"{issuer}/vct/legitymacja-studencka/1")
    assert named_in(card.certificate) == [issuer]
    await assert_checkable(wallet.http, card, issuer)
    report = {"notification_id": answer.json()["notification_id"], "event": "credential_accepted"}
    told = await phone.send(f"{issuer}/notification", token, report)
    assert told.status_code == 204, told.text


async def assert_checkable(http: httpx.AsyncClient, card: OpenedCard, issuer: str) -> None:
    """Keys, type, status list and the list of lists are where the card says, and say so of themselves."""
    published = (await http.get(well_known(issuer, "jwt-vc-issuer"))).json()
    assert published["issuer"] == issuer
    assert card.header["kid"] in {key["kid"] for key in published["jwks"]["keys"]}
    assert (await http.get(card.claims["vct"])).json()["vct"] == card.claims["vct"]
    address = card.claims["status"]["status_list"]["uri"]
    _, listed, _ = open_signed((await http.get(address)).text)
    assert listed["sub"] == address
    listing = await http.get(listed["status_list"]["aggregation_uri"])
    assert address in listing.json()["status_lists"]


async def test_a_proof_for_the_path_of_an_issuer_with_its_own_address_is_refused(
    scene: Scene, wallet: WalletApp
) -> None:
    phone = Wallet(wallet, OWN_ADDRESS)
    token = await phone.token(await scene.place(Order(institution_id="pwr")))
    below = f"{ISSUER}/t/pwr/credential"

    answer = await phone.send(below, token, {}, to=below)

    assert answer.status_code == 401
    assert "invalid_dpop_proof" in answer.headers["www-authenticate"]


async def test_a_token_for_one_institution_counts_at_no_other_host(scene: Scene, wallet: WalletApp) -> None:
    token = await Wallet(wallet, ISSUERS[0][1]).token(await scene.place())
    body = {"credential_configuration_id": "legitymacja_studencka_sd_jwt"}

    answer = await wallet.http.post(
        f"{OWN_ADDRESS}/credential", json=body, headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path", ["/t/umcs/nonce", "/t/umcs/status-lists", "/internal/jwks", "/metrics", "/docs"]
)
async def test_an_own_address_leads_to_nothing_but_its_institution(wallet: WalletApp, path: str) -> None:
    assert (await wallet.http.get(OWN_ADDRESS + path)).status_code == 404


async def test_other_origins_may_read_what_is_at_an_own_address(wallet: WalletApp) -> None:
    asking = {"Origin": "https://wallet.of.others.example", "Access-Control-Request-Method": "POST"}

    answer = await wallet.http.options(f"{OWN_ADDRESS}/credential", headers=asking)

    assert answer.headers["access-control-allow-origin"] == "*"
