"""A service that is started for production with keys made for development does not start, and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.catalogue import SERVICES

ROOT = Path(__file__).parents[2]
PUBLIC = ("ORDERING", "ISSUER", "NOTIFIER", "WALLET", "VERIFIER")


@pytest.mark.parametrize("service", SERVICES)
def test_keys_of_development_are_refused_by_name(service: str, keys_dir: Path) -> None:
    settings = {
        **{f"{name}_PUBLIC_URL": f"https://{name.lower()}.example.pl" for name in PUBLIC},
        "OIDC_ISSUER": "https://identity.example.pl",
        "OIDC_CLIENT_ID": "legitka",
        "OIDC_CLIENT_SECRET": "of this test",
        "SMTP_SECURITY": "tls",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "KEYS_DIR": str(keys_dir),
        "INSTITUTIONS_DIR": str(ROOT / "institutions"),
        "HTTP_PORT": "0",
    }

    ended = subprocess.run(
        [sys.executable, "-m", service],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 3
    assert "was made for development; production needs its own keys" in ended.stdout + ended.stderr
