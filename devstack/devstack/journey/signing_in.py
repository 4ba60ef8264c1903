"""Signing in at the identity provider as a browser does: follow the redirects, say who you are, come back."""

import secrets
from urllib.parse import parse_qs, urlsplit

import httpx

from devstack.journey.http import Addresses, JourneyError, expect, json_of, new_http

CLIENT_ID = "legitka"
CLIENT_SECRET = "development"  # noqa: S105  (the embedded provider asks for none)


async def open_session(addresses: Addresses, subject: str) -> httpx.AsyncClient:
    """A client with the session cookie that the portal gives after sign-in."""
    browser = new_http(addresses.authority)
    to_provider = await browser.get(f"{addresses.ordering}/signin")
    form = expect(to_provider, 302, 303, 307).headers["Location"]
    back = expect(await browser.post(form, data={"sub": subject}), 302, 303).headers["Location"]
    expect(await browser.get(back), 302, 303)
    return browser


async def fetch_token(addresses: Addresses, subject: str) -> str:
    """An access token from the provider, by the authorization code flow."""
    redirect = f"{addresses.ordering}/signin/callback"
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": redirect,
        "scope": "openid profile email legitka",
        "state": secrets.token_urlsafe(8),
    }
    async with new_http(addresses.authority) as http:
        form = f"{addresses.identity}/oauth2/authorize"
        answer = expect(await http.post(form, params=asked, data={"sub": subject}), 302, 303)
        grant = {
            "grant_type": "authorization_code",
            "code": _code_in(answer.headers["Location"]),
            "redirect_uri": redirect,
        }
        exchange = await http.post(
            f"{addresses.identity}/oauth2/token", data=grant, auth=(CLIENT_ID, CLIENT_SECRET)
        )
        return str(json_of(exchange)["access_token"])


def _code_in(location: str) -> str:
    answered = parse_qs(urlsplit(location).query)
    if "code" not in answered:
        raise JourneyError(f"the identity provider gave no code: {answered}")
    return answered["code"][0]
