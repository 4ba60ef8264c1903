"""What the gateway agrees to on its ports for phones (RFC 9325)."""

from tests.e2e.system import System


async def test_tls_is_new_enough_forward_secret_and_authenticated(system: System) -> None:
    inside = (await system.replicas("wallet"))[0]

    answers = await system.ask_inside(inside, "handshakes")

    assert answers == {
        "of today": "TLSv1.3",
        "with 1.2": "TLSv1.2",
        "with 1.1": "refused",
        "with 1.0": "refused",
        "without forward secrecy": "refused",
        "without authenticated encryption": "refused",
    }
