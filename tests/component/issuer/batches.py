"""A wallet that asks for several instances of its card at once, and a maker that vouches for its keys."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from issuer.domain import CONFIGURATION_ID
from tests.attester import Attester
from tests.component.issuer.cards import OpenedCard
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, NOON, Order, WalletApp

MAKER = Attester(NOON)


class BatchWallet:
    """Its keys are phones each, which is what nobody but the maker can tell from one phone."""

    def __init__(self, wallet: WalletApp, keys: int = 3) -> None:
        self.wallet = wallet
        self.keys = [Phone() for _ in range(keys)]

    def attestation(self, keys: Sequence[Phone] | None = None, **claims: Any) -> str:
        return MAKER.key_attestation([key.jwk for key in keys or self.keys], claims=claims)

    def proof(self, key: Phone, nonce: str, attestation: str | None = None) -> str:
        """A member that is None is left out."""
        header = {"key_attestation": attestation}
        now = self.wallet.scene.clock.now
        return key.proof(audience=f"{ISSUER}/t/umcs", nonce=nonce, now=now, header=header)

    async def token(self, order: Order) -> str:
        return self.wallet.token(await self.wallet.scene.ready(order))

    async def send(self, token: str, proofs: Mapping[str, Sequence[str]]) -> httpx.Response:
        request = {"credential_configuration_id": CONFIGURATION_ID, "proofs": proofs}
        return await self.wallet.send(token, request)

    async def one_proof(self, attestation: str | None = None) -> dict[str, list[str]]:
        """The first key proves itself, and the maker vouches for all."""
        nonce = await self.wallet.nonce()
        return {"jwt": [self.proof(self.keys[0], nonce, attestation or self.attestation())]}

    async def a_proof_each(self, attestation: str | None = None) -> dict[str, list[str]]:
        """Every key proves itself; without an attestation the first has that of all."""
        nonce = await self.wallet.nonce()
        first, *others = self.keys
        proofs = [self.proof(first, nonce, attestation or self.attestation())]
        return {"jwt": proofs + [self.proof(key, nonce) for key in others]}

    async def unattested(self) -> dict[str, list[str]]:
        nonce = await self.wallet.nonce()
        return {"jwt": [self.proof(key, nonce) for key in self.keys]}

    async def attestation_alone(self, **claims: Any) -> dict[str, list[str]]:
        return {"attestation": [self.attestation(**{"nonce": await self.wallet.nonce(), **claims})]}

    async def get(self, order: Order) -> httpx.Response:
        return await self.send(await self.token(order), await self.a_proof_each())


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def key_of(card: OpenedCard) -> str:
    return str(card.claims["cnf"]["jwk"]["x"])


def place_of(card: OpenedCard) -> tuple[str, int]:
    entry = card.claims["status"]["status_list"]
    return entry["uri"], entry["idx"]
