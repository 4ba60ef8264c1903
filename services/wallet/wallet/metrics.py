"""What the wallet service counts. No label tells anything about a person, an offer or a handle."""

from prometheus_client import Counter

from wallet.domain import Refusal, RenewalRefusal, Verdict

_verifications = Counter("wallet_verifications_total", "Codes that were checked", ("institution", "outcome"))
_activations = Counter("wallet_activations_total", "Answers of the token endpoint", ("outcome",))
_renewals = Counter("wallet_renewals_total", "Refresh tokens that were sent", ("outcome",))


def count_verification(verdict: Verdict) -> None:
    _verifications.labels(verdict.institution_id or "none", verdict.outcome).inc()


def count_activation(refusal: Refusal | None) -> None:
    _activations.labels(refusal or "accepted").inc()


def count_renewal(refusal: RenewalRefusal | None) -> None:
    _renewals.labels(refusal or "renewed").inc()
