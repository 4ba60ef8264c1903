"""What the wallet service refuses, and the cure: problem details for people, OAuth errors for wallets."""

from typing import ClassVar

from servicekit.oauth import OAuthError
from servicekit.problems import Problem, Text
from wallet.domain import CardState, Denial, Refusal, RenewalRefusal


class OfferUnknown(Problem):
    """One answer for all offers that cannot be had: nobody learns which ids have ever existed."""

    status = 404
    code = "OFFER_UNKNOWN"
    title = Text("Nie ma takiej oferty", "There is no such offer")
    detail = Text(
        "Ta oferta nie istnieje albo się skończyła. Użyj kodu QR widocznego teraz w zakładce mLegitymacja.",
        "This offer does not exist or has ended. Use the QR code that the mLegitymacja tab shows now.",
    )


class OfferNotReady(Problem):
    """The offer is ours, but has not arrived here yet."""

    status = 503
    code = "OFFER_NOT_READY"
    title = Text("Oferta jest jeszcze w drodze", "The offer is on its way")
    detail = Text("Spróbuj ponownie za kilka sekund.", "Try again in a few seconds.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class TermsOutdated(Problem):
    """Another version of the terms was accepted than the one in force."""

    status = 422
    code = "TERMS_OUTDATED"
    title = Text("Nieaktualny regulamin", "The terms have changed")
    detail = Text(
        "Przeczytaj obowiązującą wersję regulaminu i zaakceptuj ją.",
        "Read the version of the terms that is in force and accept it.",
    )


class CardNotIssued(Problem):
    """The card has not been told yet: that is soon over, or it does not exist."""

    status = 425
    code = "CARD_NOT_ISSUED"
    title = Text("Legitymacja jest jeszcze w drodze", "The card is on its way")
    detail = Text("Spróbuj ponownie za kilka sekund.", "Try again in a few seconds.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class ProofRefused(Problem):
    """The request is not proved by the key of the card."""

    status = 403
    code = "PROOF_REFUSED"
    title = Text("Nie potwierdzono klucza legitymacji", "The card's key has not been proved")
    detail = Text(
        "Nagłówek Presentation-Proof musi być podpisany kluczem tej legitymacji, dla tego uchwytu i treści, "
        "przed chwilą według czasu serwera. Ustaw zegar i wyślij nowy.",
        "The header Presentation-Proof must be signed by the card's key, for this handle and body, "
        "just now by the server's time. Correct the clock and send a new one.",
    )


class CardNotActive(Problem):
    """Only an active card can be shown."""

    status = 409
    code = "CARD_NOT_ACTIVE"
    title = Text("Legitymacja nie jest aktywna", "The card is not active")
    detail = Text(
        "Okazywać można tylko aktywną legitymację. Sprawdź jej stan w zakładce mLegitymacja.",
        "Only an active card can be shown. See its state in the mLegitymacja tab.",
    )

    def __init__(self, state: CardState) -> None:
        super().__init__(state=state)


class PresentationOutdated(Problem):
    """A newer pack is stored, or the handle belongs to another card."""

    status = 409
    code = "PRESENTATION_OUTDATED"
    title = Text("Jest już nowszy pakiet", "There is a newer pack")
    detail = Text(
        "Utwórz nowy pakiet z nowym uchwytem i kluczem i wyślij go.",
        "Make a new pack with a new handle and key, and send that.",
    )


class PackMissing(Problem):
    """A presentation without a pack."""

    status = 422
    code = "PACK_MISSING"
    title = Text("Brakuje pakietu", "The pack is missing")
    detail = Text("Wyślij zaszyfrowany pakiet jako treść żądania.", "Send the encrypted pack as the body.")


class Refused(OAuthError):
    """A code that is not redeemed. The description is for the developer of a wallet, and tells the cure.

    `reason` and `attempts_left` are for our own wallet: other wallets ignore what they do not know.
    """

    _WORDS: ClassVar[dict[Refusal, tuple[str, str]]] = {
        Refusal.UNKNOWN: ("invalid_grant", "The code is unknown or too old: fetch the offer again."),
        Refusal.ENDED: ("invalid_grant", "The offer has ended: use the QR code that is shown now."),
        Refusal.ISSUED: ("invalid_grant", "The card has been made already: it is on another phone."),
        Refusal.EXPIRED: ("invalid_grant", "The offer has expired: order the card again."),
        Refusal.LOCKED: ("invalid_grant", "Too many wrong codes: get a new activation code."),
        Refusal.OTHER_CONFIGURATION: (
            "invalid_authorization_details",
            "The offer is for another credential configuration.",
        ),
        Refusal.CLAIMED: ("invalid_grant", "The code is being used: try again in ten minutes."),
        Refusal.WRONG_CODE: ("invalid_grant", "The activation code is wrong."),
    }

    def __init__(self, denial: Denial) -> None:
        error, description = self._WORDS[denial.refusal]
        extras = {"reason": denial.refusal, "attempts_left": denial.attempts_left}
        super().__init__(
            error, description, extras={name: told for name, told in extras.items() if told is not None}
        )


class RenewalRefused(OAuthError):
    """A refresh token that is not taken; `reason` is for our own wallet."""

    _WORDS: ClassVar[dict[RenewalRefusal, str]] = {
        RenewalRefusal.UNKNOWN: "The refresh token is unknown, or bound to another key.",
        RenewalRefusal.REUSED: "The refresh token was used before: all tokens of this activation have ended.",
        RenewalRefusal.NOT_ISSUED: "There is no card yet: ask for it with the access token.",
        RenewalRefusal.SUSPENDED: "The card is suspended: ask again when it is valid.",
        RenewalRefusal.ENDED: "The card has ended: order a new one.",
    }

    def __init__(self, refusal: RenewalRefusal) -> None:
        super().__init__("invalid_grant", self._WORDS[refusal], extras={"reason": refusal})
