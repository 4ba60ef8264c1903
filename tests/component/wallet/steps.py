"""What a wallet does over HTTP."""

from typing import Any

import httpx

from servicekit.tokens import verify_jwt
from tests.component.wallet.scene import CODE, NOON, Order
from wallet.forms import GRANT_TYPE
from wallet.parts import Parts


async def fetch_code(http: httpx.AsyncClient, order: Order, generation: int = 1) -> str:
    """Fetch the offer of the QR and take the pre-authorized code out of it."""
    answer = await http.get(f"/offers/{order.offer_id(generation)}")
    assert answer.status_code == 200, answer.text
    code: str = answer.json()["grants"][GRANT_TYPE]["pre-authorized_code"]
    return code


def token_form(pre_authorized_code: str, tx_code: str = CODE, **other: str) -> dict[str, str]:
    return {
        "grant_type": GRANT_TYPE,
        "pre-authorized_code": pre_authorized_code,
        "tx_code": tx_code,
        **other,
    }


async def redeem(
    http: httpx.AsyncClient, pre_authorized_code: str, tx_code: str = CODE, **other: str
) -> httpx.Response:
    return await http.post("/token", data=token_form(pre_authorized_code, tx_code, **other))


def claims_of(answer: httpx.Response, parts: Parts) -> dict[str, Any]:
    """Of the access token in an answer, checked as the issuer of the institution checks it."""
    return verify_jwt(
        answer.json()["access_token"],
        parts.keys.tokens.public_keys(),
        typ="at+jwt",
        issuer="http://localhost:8004",
        audience="http://localhost:8002/t/umcs",
        now=NOON,
    )


def error_of(answer: httpx.Response) -> tuple[int, str]:
    body: dict[str, Any] = answer.json()
    return answer.status_code, body["error"]
