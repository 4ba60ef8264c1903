"""Which keys get an instance of a card: what an institution asks of them, and what a request shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from issuer.credential_request import AskedProofs, ProofType
from issuer.domain import HolderKey
from issuer.key_attestations import AttestedKeys, check_attestation
from issuer.proofs import InvalidProof, Proof, check_proof


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Who may vouch for keys, whether somebody must, and how many keys a card may have.

    Ten keys could be ten phones: several count only if somebody vouches for all of them together, unless the
    institution waives that.
    """

    attesters: Sequence[x509.Certificate]
    attestation_required: bool
    batch_size: int
    batch_attestation_required: bool

    @property
    def proof_types(self) -> tuple[ProofType, ...]:
        return ("jwt", "attestation") if self.attesters else ("jwt",)

    @property
    def most_keys(self) -> int:
        is_batch_possible = self.attesters or not self.batch_attestation_required
        return self.batch_size if is_batch_possible else 1


@dataclass(frozen=True, slots=True)
class AskedKeys:
    """Keys that may have an instance each, and the nonces that were used to show that they are there now."""

    keys: tuple[HolderKey, ...]
    nonces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """The issuer that is asked, by which client, and when."""

    audience: str
    client_id: str | None
    now: datetime


def check_keys(asked: AskedProofs, rules: KeyRules, asking: Asking) -> AskedKeys:
    """Raises `InvalidProof`. The nonces are not checked here, nor whether the keys are too many."""
    if asked.type == "attestation":
        attested = _check_attestation(asked.tokens[0], rules, asking, must_end=False)
        return AskedKeys(attested.keys, (attested.nonce,))
    proofs = [
        check_proof(token, audience=asking.audience, client_id=asking.client_id, now=asking.now)
        for token in asked.tokens
    ]
    nonces = tuple(dict.fromkeys(proof.nonce for proof in proofs))
    return AskedKeys(_keys(proofs, rules, asking), nonces)


def _keys(proofs: Sequence[Proof], rules: KeyRules, asking: Asking) -> tuple[HolderKey, ...]:
    """One proof with an attestation asks for all keys that this names (appendix F.1)."""
    proven = tuple(proof.key for proof in proofs)
    if len({key.jkt for key in proven}) != len(proven):
        raise InvalidProof("each key must be proven once")
    together = _attested_together(proofs, rules, asking)
    if together is None:
        return _unattested(proven, rules)
    if len(proven) > 1:
        return proven
    return proven + tuple(key for key in together.keys if key.jkt != proven[0].jkt)


def _unattested(proven: tuple[HolderKey, ...], rules: KeyRules) -> tuple[HolderKey, ...]:
    """Keys that nobody vouches for together could be in several phones: one of them gets the card."""
    if rules.attestation_required:
        raise InvalidProof("a key attestation of all keys is needed")
    return proven[:1] if rules.batch_attestation_required else proven


def _attested_together(proofs: Sequence[Proof], rules: KeyRules, asking: Asking) -> AttestedKeys | None:
    """The attestation that names all keys. Where nobody is trusted, attestations count for nothing."""
    if not rules.attesters:
        return None
    sent = dict.fromkeys(proof.attestation for proof in proofs if proof.attestation is not None)
    checked = {token: _check_attestation(token, rules, asking, must_end=True) for token in sent}
    for proof in proofs:
        if proof.attestation is not None and not checked[proof.attestation].covers([proof.key]):
            raise InvalidProof("the key attestation does not name the key of its proof")
    keys = [proof.key for proof in proofs]
    return next((attested for attested in checked.values() if attested.covers(keys)), None)


def _check_attestation(token: str, rules: KeyRules, asking: Asking, *, must_end: bool) -> AttestedKeys:
    return check_attestation(token, anchors=rules.attesters, now=asking.now, must_end=must_end)
