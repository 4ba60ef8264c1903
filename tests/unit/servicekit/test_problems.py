import json

import pytest
from starlette.requests import Request

from servicekit.problems import Problem, Text, language_of, problem_response


class OrderNotFound(Problem):
    status = 404
    code = "ORDER_NOT_FOUND"
    title = Text("Nie ma takiego zamówienia", "There is no such order")
    detail = Text("Sprawdź listę zamówień.", "Look at the list of orders.")


def request(accept_language: str = "") -> Request:
    headers = [(b"accept-language", accept_language.encode())] if accept_language else []
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "pl"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de,pl;q=0.5,en;q=0.8", "en"),
        ("pl-PL,pl;q=0.9,en;q=0.8", "pl"),
        ("de", "pl"),
        ("en; q=0.9, pl; q=0.5", "en"),
        ("de, en;q=0", "pl"),
        ("en;q=nonsense", "pl"),
        (";;,,=;q=", "pl"),
    ],
)
def test_the_callers_language_is_spoken_and_polish_otherwise(header: str, language: str) -> None:
    assert language_of(request(header)) == language


def test_a_problem_says_its_code_and_cure_in_the_callers_language() -> None:
    response = problem_response(request("en"), OrderNotFound())

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-language"] == "en"
    assert json.loads(bytes(response.body)) == {
        "type": "urn:legitka:problem:ORDER_NOT_FOUND",
        "status": 404,
        "code": "ORDER_NOT_FOUND",
        "title": "There is no such order",
        "detail": "Look at the list of orders.",
    }


def test_texts_inside_extras_are_in_the_callers_language_too() -> None:
    reasons = [{"code": "PHOTO_MISSING", "text": Text("Brak zdjęcia", "No photo")}]

    response = problem_response(request(), OrderNotFound(reasons=reasons))

    assert json.loads(bytes(response.body))["reasons"] == [{"code": "PHOTO_MISSING", "text": "Brak zdjęcia"}]


def test_one_raise_can_say_more_than_its_class() -> None:
    problem = OrderNotFound(Text("Już go nie ma.", "It is gone."), headers={"Retry-After": "5"})

    response = problem_response(request("en"), problem)

    assert json.loads(bytes(response.body))["detail"] == "It is gone."
    assert response.headers["retry-after"] == "5"
    assert OrderNotFound().detail.en == "Look at the list of orders."
