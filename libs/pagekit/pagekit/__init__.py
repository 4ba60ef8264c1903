"""Pages for people: one look, two languages, strict headers. What a page says belongs to its service."""

from pagekit.csp import Csp
from pagekit.pages import Pages, ThePages

__all__ = ["Csp", "Pages", "ThePages"]
