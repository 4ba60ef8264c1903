"""Accept the terms in force: the receipt goes to the token endpoint with the activation code."""

from datetime import datetime

from servicekit.keys import KeyRing
from wallet.codes import make_terms_receipt
from wallet.problems import TermsOutdated
from wallet.terms import VERSION


def accept_terms(version: str, receipt_keys: KeyRing, now: datetime) -> str:
    """Nothing is stored: the receipt names nobody, and the activation will tell the version."""
    if version != VERSION:
        raise TermsOutdated(version=VERSION)
    return make_terms_receipt(receipt_keys, version, now)
