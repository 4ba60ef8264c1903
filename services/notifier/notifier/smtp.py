"""One line to the mail server, opened when it is needed and kept. Knows addresses, and tells nobody."""

import asyncio
from email.message import EmailMessage
from urllib.parse import urlsplit

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from notifier.domain import Result
from notifier.settings import NotifierSettings

log = structlog.get_logger()


class Line:
    """A connection for one sender: one letter at a time."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._timeout = settings.smtp_timeout
        password = settings.smtp_password
        self._client = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            timeout=settings.smtp_timeout,
            local_hostname=urlsplit(settings.notifier_public_url).hostname,
        )

    async def send(self, message: EmailMessage) -> Result:
        """Hand over one letter. What the server answered is never told: its words may quote the letter."""
        result: Result = "delivered"
        try:
            async with asyncio.timeout(self._timeout):
                await self._hand_over(message)
        except (SMTPException, OSError, TimeoutError) as error:
            result = "refused" if _is_final(error) else "unavailable"
            log.warning("mail_not_taken", result=result, error=type(error).__name__, smtp_code=_code(error))
        if result == "unavailable":
            self.close()
        return result

    async def _hand_over(self, message: EmailMessage) -> None:
        if not self._client.is_connected:
            await self._client.connect()
        try:
            await self._client.send_message(message)
        except SMTPRecipientsRefused as error:
            raise error.recipients[0] from None

    def close(self) -> None:
        self._client.close()


def _is_final(error: Exception) -> bool:
    """Only what the server says of this letter or its address is final; all else is trouble on the way."""
    match error:
        case SMTPRecipientRefused(code=code) | SMTPDataError(code=code):
            return code >= 500
    return False


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, SMTPResponseException) else None
