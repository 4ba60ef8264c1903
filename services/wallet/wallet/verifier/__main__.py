"""`python -m wallet.verifier` serves the verifier."""

from servicekit.app import run
from servicekit.logs import tell_crashes
from servicekit.settings import load_settings
from wallet.verifier.app import SERVICE, create_verifier
from wallet.verifier.settings import VerifierSettings


def main() -> None:
    tell_crashes()
    settings = load_settings(VerifierSettings)
    run(create_verifier(settings), settings, service=SERVICE)


if __name__ == "__main__":
    main()
