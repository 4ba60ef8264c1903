"""Messages are encrypted as RFC 8291 says, to the byte, and can be read by the browser alone."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from devstack.push_service import Refused, decrypt, from_text, point_of
from notifier.push_encryption import encrypt

# RFC 8291, appendix A
TEXT = b"When I grow up, I want to be a watermelon"
SALT = from_text("DGv6ra1nlYgDCS1FRnbzlw")
SECRET = from_text("BTBZMqHH6r4Tts7J_aSIgg")
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
    "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private_key(scalar: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_text(scalar), "big"), ec.SECP256R1())


def sent(text: bytes, size: int = 0) -> bytes:
    browser = point_of(private_key(BROWSER))
    return encrypt(text, browser=browser, secret=SECRET, key=private_key(SENDER), salt=SALT, size=size)


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    assert sent(TEXT) == from_text(MESSAGE)


def test_the_test_service_reads_the_example_of_the_standard() -> None:
    assert decrypt(from_text(MESSAGE), private_key(BROWSER), SECRET) == TEXT


@given(st.binary(max_size=256).filter(lambda text: not text.endswith((b"\0", b"\2"))))
def test_messages_of_any_text_have_one_length_and_can_be_read(text: bytes) -> None:
    message = sent(text, size=256)

    assert len(message) == len(sent(b"", size=256))
    assert decrypt(message, private_key(BROWSER), SECRET) == text


def test_another_browser_cannot_read_it() -> None:
    with pytest.raises(Refused):
        decrypt(sent(TEXT), private_key(SENDER), SECRET)


def test_a_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(ValueError, match=r"(?i)point|key"):
        encrypt(TEXT, browser=b"\4" + bytes(64), secret=SECRET, key=private_key(SENDER), salt=SALT)
