"""What the wallet service counts. No label tells anything about a person, an offer or a handle."""

from prometheus_client import Counter

from wallet.domain import Refusal, Verdict

_verifications = Counter("wallet_verifications_total", "Codes that were checked", ("institution", "outcome"))
_activations = Counter("wallet_activations_total", "Answers of the token endpoint", ("outcome",))


def count_verification(verdict: Verdict) -> None:
    _verifications.labels(verdict.institution_id or "none", verdict.outcome).inc()


def count_activation(refusal: Refusal | None) -> None:
    _activations.labels(refusal or "accepted").inc()
