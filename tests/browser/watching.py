"""Notices what a person would not see: errors in scripts, breaches of the policy, requests to strangers."""

from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Request, WebError

OURS = {"localhost", "127.0.0.1"}
OF_THE_BROWSER = {"about", "blob", "chrome", "data"}
POLICY = "Content Security Policy"


class Watch:
    """Collects, for all contexts of a test, what no page may do; `provider`: a page that is not ours."""

    def __init__(self, provider: str) -> None:
        self.seen: list[str] = []
        self._provider = provider

    def over(self, context: BrowserContext) -> None:
        context.on("weberror", self._on_error)
        context.on("console", self._on_console)
        context.on("request", self._on_request)

    def forgive(self, part: str) -> None:
        """What the test itself has provoked."""
        self.seen = [each for each in self.seen if part not in each]

    def require_nothing(self) -> None:
        assert not self.seen, "\n".join(self.seen)

    def _on_error(self, error: WebError) -> None:
        self.seen.append(f"uncaught: {error.error}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if POLICY in message.text or "TrustedHTML" in message.text:
            self.seen.append(f"policy: {message.text}")

    def _on_request(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in OF_THE_BROWSER or place.hostname in OURS:
            return
        if not request.headers.get("referer", "").startswith(self._provider):
            self.seen.append(f"leaves this machine: {request.url}")
