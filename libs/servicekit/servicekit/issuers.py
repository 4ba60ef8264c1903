"""The address of each institution's credential issuer: its identifier for wallets, checkers and certificates.

Decided here and nowhere else.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from servicekit.institutions import Institution, InstitutionsError


def issuer_addresses(institutions: Mapping[str, Institution], issuer_public_url: str) -> dict[str, str]:
    """By the institution's id: the address that its file names, or else one below that of the service.

    Raises `InstitutionsError` where an institution would take the address of all others.
    """
    for institution in institutions.values():
        if institution.issuer_url and _host(institution.issuer_url) == _host(issuer_public_url):
            raise InstitutionsError(
                f"{institution.id}.toml: issuer_url: is ISSUER_PUBLIC_URL, where all institutions are. "
                "Give it a host of its own, or remove it."
            )
    return {
        institution.id: institution.issuer_url or issuer_public_url + issuer_path(institution.id)
        for institution in institutions.values()
    }


def issuer_path(institution_id: str) -> str:
    """Where the routes of an issuer begin, whatever its address is."""
    return f"/t/{institution_id}"


def issuer_origins(addresses: Iterable[str]) -> tuple[str, ...]:
    """What a page may talk to, each once."""
    places = [urlsplit(address) for address in addresses]
    return tuple(dict.fromkeys(f"{place.scheme}://{place.netloc}" for place in places))


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
