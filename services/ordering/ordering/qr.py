"""QR codes as SVG and PNG, written from the matrix: quicker than drawing, and crisp at any size."""

import struct
import zlib

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_ZONE = 4  # modules on each side, as the standard wants
PNG_SCALE = 8  # pixels per module
# Trying all eight masks takes most of the time. Any mask is valid; the data of an offer are random enough.
_MASK = 2


def matrix(text: str) -> list[list[bool]]:
    """The modules with the quiet zone around them; true is dark."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=_MASK)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def svg(text: str) -> str:
    """One path on white: also legible in dark mode."""
    rows = matrix(text)
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{"".join(_runs(rows))}"/></svg>'
    )


def _runs(rows: list[list[bool]]) -> list[str]:
    """A rectangle per run of dark modules in a row."""
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = row.index(False, x)  # the quiet zone ends every run
            parts.append(f"M{x} {y}h{end - x}v1H{x}z")
            x = end
    return parts


def png(text: str) -> bytes:
    """Greyscale with one bit per pixel."""
    rows = matrix(text)
    size = len(rows) * PNG_SCALE
    lines = b"".join((b"\0" + _bits(row)) * PNG_SCALE for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )


def _bits(row: list[bool]) -> bytes:
    """With eight pixels per module a module is a byte: white is all ones."""
    return bytes(0 if dark else 0xFF for dark in row)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
