"""Fetches what pages take from elsewhere, as `assets/package-lock.json` pins it; pages work without it.

Packages are files to copy here: nothing of theirs is ever run while they are installed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "assets"
PACKAGES = ASSETS / "node_modules"
LOCK = "package-lock.json"
VENDOR = REPOSITORY / "libs" / "pagekit" / "pagekit" / "static" / "vendor"
# The decoder of QR codes, for browsers that have none of their own.
SERVED = ("qr/decode.js", "qr/index.js", "qr/LICENSE")

AXE = PACKAGES / "axe-core" / "axe.min.js"


def main() -> None:
    if not is_fetched(ASSETS):
        fetch(ASSETS)
    put_where_pages_look()


def is_fetched(folder: Path) -> bool:
    copy = folder / "node_modules" / LOCK
    return copy.is_file() and copy.read_bytes() == (folder / LOCK).read_bytes()


def fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(
            "npm is missing (Debian, Ubuntu: sudo apt install npm). Install Node 20 or newer, try again."
        )
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if status := subprocess.call(command, cwd=folder):
        sys.exit(f"npm ended with status {status}. Check that a package registry can be reached, try again.")
    shutil.copy(folder / LOCK, folder / "node_modules")


def put_where_pages_look() -> None:
    for name in SERVED:
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGES / name, target)


if __name__ == "__main__":
    main()
