"""Letters by SMTP (RFC 5321) to the server that the operator named."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from mokmin.base.errors import Unavailable

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class SmtpSender:
    """Sends plain letters. ``security``: ``starttls``, ``tls`` or ``none``; ``sender``: the address they come
    from."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str

    def __call__(self, to: str, subject: str, text: str) -> None:
        """Hand one letter to the server. Raises Unavailable, with what went wrong in a sentence."""
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(_letter(self.sender, to, subject, text))
        except smtplib.SMTPAuthenticationError as error:
            raise Unavailable(
                "메일 서버가 계정을 받지 않았습니다. 계정과 비밀번호를 확인해 주세요."
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise Unavailable("메일 서버가 받는 주소를 받지 않았습니다.") from error
        except ssl.SSLError as error:
            raise Unavailable("메일 서버의 인증서를 확인하지 못했습니다.") from error
        except (smtplib.SMTPException, MessageError, OSError, ValueError) as error:
            kind = type(error).__name__
            raise Unavailable(
                f"메일 서버({self.host}:{self.port})가 편지를 받지 않았습니다({kind})."
            ) from error

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE_SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE_SECONDS)
        if self.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except (smtplib.SMTPException, OSError):
                server.close()
                raise
        return server


def _letter(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """The message; header fields refuse line breaks themselves (RFC 5322)."""
    made = EmailMessage()
    made["From"] = Address("목민", addr_spec=sender)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = " ".join(subject.split())[:120]
    made["Date"] = formatdate()
    made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made
