"""The Content-Security-Policy of pages: nothing but this origin, unless a page names more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Csp:
    """Origins and keywords beyond `'self'`. There is no way to allow inline scripts or styles."""

    connect: tuple[str, ...] = ()
    form_action: tuple[str, ...] = ()
    script: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    trusted_types: bool = False

    def header(self) -> str:
        parts = {
            "default-src": ("'none'",),
            "script-src": ("'self'", *self.script),
            "style-src": ("'self'",),
            "img-src": ("'self'", "data:", "blob:"),
            "font-src": ("'none'",),
            "connect-src": ("'self'", *self.connect),
            "media-src": self.media or ("'none'",),
            "manifest-src": ("'self'",),
            "worker-src": ("'self'",),
            "form-action": ("'self'", *self.form_action),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'none'",),
        }
        if self.trusted_types:
            parts["require-trusted-types-for"] = ("'script'",)
        return "; ".join(f"{name} {' '.join(dict.fromkeys(sources))}" for name, sources in parts.items())
