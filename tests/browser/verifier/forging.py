"""What a liar could make: altered cards and status lists, signed by the issuer's own key or by another."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from devstack.journey.cards import Card, read_card
from devstack.journey.http import json_part
from devstack.journey.wallet import FOR_CHECKERS
from issuer import sd_jwt, status_list
from issuer.es256 import Signer, certified_signer
from servicekit.keys import Keys

Json = dict[str, Any]
ALWAYS_TOLD = ("iss", "iat", "nbf", "exp", "vct", "cnf", "status")


def issuers_signer(keys: Path, card: Card, typ: str = sd_jwt.TYP) -> Signer:
    institution = card.issuer.rpartition("/")[2]
    return certified_signer(Keys(keys).certified(f"issuer/signing/{institution}").current, typ=typ)


def somebodys(signer: Signer) -> Signer:
    """Says that it is the same key, and is another."""
    return replace(signer, key=generate_private_key(SECP256R1()))


def signed_anew(card: Card, signer: Signer, **changes: Any) -> Card:
    """The same card with other claims; a claim that is None is left out."""
    claims = {name: value for name, value in (card.claims | changes).items() if value is not None}
    plain = {name: claims[name] for name in ALWAYS_TOLD}
    hidden = {name: claims[name] for name in FOR_CHECKERS & claims.keys()}
    return read_card(sd_jwt.sign_sd_jwt(signer, plain, hidden, os.urandom))


def with_disclosure_of(card: Card, other: Card, name: str) -> Card:
    """One claim of this card replaced by that of another, without the issuer."""
    own, *told = card.sd_jwt.rstrip("~").split("~")
    theirs = next(each for each in other.sd_jwt.rstrip("~").split("~")[1:] if json_part(each)[1] == name)
    kept = [each for each in told if json_part(each)[1] != name]
    return replace(card, sd_jwt="~".join([own, *kept, theirs, ""]))


def list_signed_anew(token: str, signer: Signer, **changes: Any) -> str:
    claims: Json = json_part(token.split(".")[1])
    return signer.sign(claims | changes)


def lists_signer(keys: Path, card: Card) -> Signer:
    return issuers_signer(keys, card, status_list.TYP)
