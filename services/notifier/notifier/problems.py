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
        "Godziny ciszy wybierzesz po złożeniu zamówienia. Do tego czasu nie powiadamiamy o niczym.",
        "You can choose quiet hours once you have placed an order. Until then we alert you of nothing.",
    )
