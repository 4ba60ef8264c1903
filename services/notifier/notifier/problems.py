"""What the notifier refuses, each with its cure."""

from servicekit.problems import Problem, Text


class TokenMissing(Problem):
    """No valid token of this student was given."""

    status = 401
    code = "TOKEN_MISSING"
    title = Text("Brak ważnego tokenu", "No valid token")
    detail = Text(
        "Pobierz nowy token w portalu (POST /api/v1/notifier-token) i powtórz żądanie.",
        "Get a new token from the portal (POST /api/v1/notifier-token) and repeat the request.",
    )


class KeysAway(Problem):
    """The portal's keys are not known yet, so no token can be checked."""

    status = 503
    code = "KEYS_UNAVAILABLE"
    title = Text("Nie można teraz sprawdzić tokenu", "The token cannot be checked now")
    detail = Text("Spróbuj ponownie za chwilę.", "Try again in a moment.")


class AlertUnknown(Problem):
    """There is no such alert in this student's inbox."""

    status = 404
    code = "ALERT_UNKNOWN"
    title = Text("Nie ma takiego powiadomienia", "No such alert")
    detail = Text(
        "Odśwież listę powiadomień i wybierz jedno z nich.",
        "Refresh the list of alerts and choose one of them.",
    )


class NothingOrdered(Problem):
    """Nobody is alerted before the first order, and nothing is kept about who is not alerted."""

    status = 409
    code = "NOTHING_ORDERED"
    title = Text("Nie masz jeszcze żadnego zamówienia", "You have not ordered anything yet")
    detail = Text(
        "Powiadomienia ustawisz po złożeniu zamówienia. Do tego czasu nie powiadamiamy o niczym.",
        "You can set up alerts once you have placed an order. Until then we alert you of nothing.",
    )


class EndpointRefused(Problem):
    """The address or the keys of a push subscription are not such as browsers have."""

    status = 422
    code = "PUSH_SUBSCRIPTION_REFUSED"
    title = Text("Tej przeglądarki nie można powiadamiać", "This browser cannot be notified")
    detail = Text(
        "Podaj subskrypcję taką, jaką daje przeglądarka: adres https publicznej usługi i dwa klucze.",
        "Give the subscription as the browser gives it: the https address of a public service, and two keys.",
    )


class KeyReplaced(Problem):
    """The browser was given a key that is not ours, or not any more."""

    status = 409
    code = "PUSH_KEY_REPLACED"
    title = Text("Klucz powiadomień się zmienił", "The key of notifications has changed")
    detail = Text(
        "Odśwież stronę i włącz powiadomienia jeszcze raz.",
        "Reload the page and turn notifications on once more.",
    )
