"""The Authorization header: only the scheme Bearer names a token."""

import pytest

from servicekit.bearer import bearer_token


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("DPoP abc", None),
        ("abc", None),
        ("", None),
        (None, None),
    ],
)
def test_a_token_is_named_by_the_scheme_bearer_alone(header: str | None, token: str | None) -> None:
    assert bearer_token(header) == token
