"""Refusals of this service: each has a stable code and tells the cure, in Polish and English."""

from datetime import timedelta
from math import ceil
from typing import Any

from servicekit.problems import Problem, Text


class NotAStudent(Problem):
    status = 403
    code = "NOT_A_STUDENT"
    title = Text("Nie ma Cię na liście studentów", "You are not on the list of students")
    detail = Text(
        "To konto nie jest na liście studentów tej uczelni. Jeśli studiujesz, zgłoś się do dziekanatu.",
        "This account is not on the institution's list of students. If you study, ask the dean's office.",
    )


class NotAClerk(Problem):
    status = 403
    code = "NOT_A_CLERK"
    title = Text("To jest tylko dla dziekanatu", "This is for the dean's office only")
    detail = Text(
        "To konto nie ma uprawnień dziekanatu. Nadaje je administrator systemu.",
        "This account has no rights of the dean's office. The operator of the system gives them.",
    )


class FreshSignInNeeded(Problem):
    status = 403
    code = "FRESH_SIGN_IN_NEEDED"
    title = Text("Zaloguj się ponownie", "Sign in again")
    detail = Text(
        "To wymaga logowania sprzed najwyżej 10 minut, gdyby ktoś miał Twój telefon lub komputer.",
        "This needs a sign-in of the last 10 minutes, in case somebody has your phone or computer.",
    )


class IdempotencyKeyMissing(Problem):
    status = 400
    code = "IDEMPOTENCY_KEY_MISSING"
    title = Text("Brak nagłówka Idempotency-Key", "The Idempotency-Key header is missing")
    detail = Text(
        "Wyślij nagłówek Idempotency-Key z losową wartością (1–128 znaków), tą samą przy ponowieniu.",
        "Send an Idempotency-Key header with a random value (1 to 128 characters), the same for a retry.",
    )


class IdempotencyKeyReused(Problem):
    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    title = Text("Ten Idempotency-Key był już użyty", "This Idempotency-Key was used before")
    detail = Text(
        "Pod tym kluczem zapisano inne żądanie. Dla nowego zamówienia użyj nowego klucza.",
        "Another request was made under this key. Use a new key for a new order.",
    )


class NotEligible(Problem):
    """`reasons` has every reason at once."""

    status = 422
    code = "NOT_ELIGIBLE"
    title = Text("Nie możesz jeszcze zamówić mLegitymacji", "You cannot order a card yet")
    detail = Text(
        "Każdy z powodów mówi, co zrobić i u kogo.",
        "Each of the reasons says what to do and who can help.",
    )


class OrderOpen(Problem):
    status = 409
    code = "ORDER_OPEN"
    title = Text("Masz już zamówienie w toku", "You have an order under way")
    detail = Text(
        "Dokończ je albo anuluj, zanim złożysz nowe.",
        "Complete or cancel it before you place a new one.",
    )


class CardStands(Problem):
    status = 409
    code = "CARD_STANDS"
    title = Text("Masz już mLegitymację", "You have a card already")
    detail = Text(
        "Na nowy telefon przeniesiesz ją zamówieniem z polem „replaces”. Stara zostaje do aktywacji nowej.",
        "To move it to a new phone, order with “replaces”. It stays until the new one is activated.",
    )


class CannotReplace(Problem):
    status = 422
    code = "CANNOT_REPLACE"
    title = Text("Tej mLegitymacji nie można zastąpić", "This card cannot be replaced")
    detail = Text(
        "Zastąpić można tylko własną mLegitymację, aktywną lub zawieszoną. Zamów bez pola „replaces”.",
        "Only a card of your own that is active or suspended can be replaced. Order without “replaces”.",
    )


class ConsentsWrong(Problem):
    """`missing`, `outdated` and `unknown` name the kinds."""

    status = 422
    code = "CONSENTS_WRONG"
    title = Text("Zgody są niepełne lub nieaktualne", "Consents are missing or out of date")
    detail = Text(
        "Pobierz aktualne zgody (GET /api/v1/consents) i przyjmij wszystkie wymagane w podanej wersji.",
        "Fetch the current consents (GET /api/v1/consents) and accept all required ones as given there.",
    )


class ConsentRequired(Problem):
    status = 409
    code = "CONSENT_REQUIRED"
    title = Text("Tej zgody nie można wycofać osobno", "This cannot be withdrawn by itself")
    detail = Text(
        "mLegitymacja się na niej opiera. Anuluj zamówienie lub unieważnij mLegitymację.",
        "Your card rests on it. Cancel the order or revoke the card.",
    )


class OrderClosed(Problem):
    status = 409
    code = "ORDER_CLOSED"
    title = Text("To zamówienie jest zakończone", "This order has ended")
    detail = Text(
        "Nie można go już zmienić. W razie potrzeby złóż nowe zamówienie.",
        "It cannot be changed any more. Place a new order if you need one.",
    )


class OrderHasCard(Problem):
    status = 409
    code = "ORDER_HAS_CARD"
    title = Text("Z tego zamówienia powstała już legitymacja", "This order has become a card")
    detail = Text(
        "Zamówienia nie można już wycofać. Unieważnij legitymację.",
        "The order cannot be withdrawn any more. Revoke the card.",
    )


class OrderNotReady(Problem):
    status = 409
    code = "ORDER_NOT_READY"
    title = Text("Zamówienie jest jeszcze w realizacji", "The order is still in progress")
    detail = Text(
        "Poczekaj, aż będzie gotowe do aktywacji. Powiadomimy Cię.",
        "Wait until it is ready to activate. We will notify you.",
    )


class CodeLocked(Problem):
    status = 409
    code = "CODE_LOCKED"
    title = Text("Kod został zablokowany", "The code is locked")
    detail = Text(
        "Za dużo błędnych prób. Wygeneruj nowy kod: nie trzeba nowego zamówienia.",
        "Too many wrong attempts. Get a new code: no new order is needed.",
    )


class CodeExpired(Problem):
    status = 409
    code = "CODE_EXPIRED"
    title = Text("Czas na aktywację minął", "The time to activate has passed")
    detail = Text(
        "Wygeneruj nowy kod teraz. Godzinę po terminie zamówienie wygaśnie i trzeba będzie złożyć nowe.",
        "Get a new code now. An hour after the end the order expires, and you have to place a new one.",
    )


class TooSoon(Problem):
    """Says in `Retry-After` how long to wait."""

    status = 429

    def __init__(self, wait: timedelta, **extras: Any) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        super().__init__(headers={"Retry-After": str(seconds)}, retry_after=seconds, **extras)


class CodeNotYetPossible(TooSoon):
    code = "CODE_TOO_SOON"
    title = Text("Nowy kod powstał przed chwilą", "There was a new code a moment ago")
    detail = Text(
        "Nowy kod aktywacyjny możesz dostać raz na minutę. Spróbuj za chwilę.",
        "You can get a new activation code once a minute. Try again in a moment.",
    )


class TooManyNewCodes(TooSoon):
    code = "TOO_MANY_NEW_CODES"
    title = Text("Za dużo nowych kodów jak na jeden dzień", "Too many new codes for one day")
    detail = Text(
        "Dzienny limit nowych kodów został wykorzystany. Spróbuj jutro albo anuluj zamówienie i złóż nowe.",
        "The daily limit of new codes is reached. Try tomorrow, or cancel the order and place a new one.",
    )


class TooManyOrders(TooSoon):
    code = "TOO_MANY_ORDERS"
    title = Text("Za dużo zamówień jak na jeden dzień", "Too many orders for one day")
    detail = Text(
        "Dzienny limit zamówień został wykorzystany. Spróbuj jutro; jeśli coś nie działa, napisz do pomocy.",
        "The daily limit of orders is reached. Try tomorrow; if something does not work, ask the help desk.",
    )


class TooManySearches(TooSoon):
    code = "TOO_MANY_SEARCHES"
    title = Text("Za dużo wyszukiwań", "Too many searches")
    detail = Text(
        "Wyszukuj dokładniej, po numerze albo pełnym nazwisku. Ile czekać w sekundach, mówi retry_after.",
        "Search more closely, by number or full name. How many seconds to wait is told by retry_after.",
    )


class CardEnded(Problem):
    status = 409
    code = "CARD_ENDED"
    title = Text("Ta mLegitymacja jest już nieważna", "This card has ended")
    detail = Text("Zamów nową mLegitymację.", "Order a new card.")


class CardNotFrozen(Problem):
    status = 409
    code = "CARD_NOT_FROZEN"
    title = Text("Ta mLegitymacja nie jest zamrożona przez Ciebie", "You have not frozen this card")
    detail = Text(
        "Zawieszenie przez uczelnię może cofnąć tylko dziekanat.",
        "Only the dean's office can lift a suspension of its own.",
    )


class ServiceTokenRefused(Problem):
    status = 401
    code = "SERVICE_TOKEN_REFUSED"
    title = Text("Brak ważnego tokenu usługi", "No valid service token")
    detail = Text(
        "Wyślij token usługi w nagłówku Authorization: Bearer.",
        "Send a service token as Authorization: Bearer.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})
