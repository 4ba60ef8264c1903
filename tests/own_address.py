"""The sample institutions, where one has an issuer address of its own."""

import shutil
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "institutions"
OWN_ADDRESS = "https://mleg.pwr.example"


def institutions_in(folder: Path, pwr: str = OWN_ADDRESS) -> Path:
    """Umcs has its usual address, pwr the given one."""
    shutil.copytree(SAMPLES, folder)
    file = folder / "pwr.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("help_url =", f'issuer_url = "{pwr}"\nhelp_url =', 1), encoding="utf-8")
    return folder
