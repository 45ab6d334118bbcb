"""The one tree of errors.

MokminError
├── InvalidInput        400  the caller must change the request
│   ├── UnreadableFile  422  a file that cannot be read, with the true reason
│   └── TooLarge        413
├── NotSignedIn         401
├── NotAllowed          403
├── NotFound            404
├── Conflict            409
├── RateLimited         429
└── Unavailable         503  a dependency (model endpoint, index) is down; retrying may help

Each class carries an HTTP status, a stable code and whether retrying helps; each instance
carries one Korean sentence for the user. ``docs/errors.md`` lists all of them.
"""

from __future__ import annotations


class MokminError(Exception):
    """Base of every error shown to a user."""

    status = 500
    code = "internal"
    retry = False

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidInput(MokminError):
    """The request itself is wrong."""

    status = 400
    code = "invalid-input"


class UnreadableFile(InvalidInput):
    """A file whose text cannot be had; ``message`` tells the true reason and the next step."""

    status = 422
    code = "unreadable-file"


class TooLarge(InvalidInput):
    """Input beyond a stated limit."""

    status = 413
    code = "too-large"


class NotSignedIn(MokminError):
    """No valid session or token."""

    status = 401
    code = "not-signed-in"


class NotAllowed(MokminError):
    """Signed in, but without the right."""

    status = 403
    code = "not-allowed"


class NotFound(MokminError):
    """It does not exist, or the reader may not know that it does."""

    status = 404
    code = "not-found"


class Conflict(MokminError):
    """The state changed underneath the request."""

    status = 409
    code = "conflict"


class RateLimited(MokminError):
    """Too many attempts."""

    status = 429
    code = "rate-limited"
    retry = True


class Unavailable(MokminError):
    """A dependency does not answer."""

    status = 503
    code = "unavailable"
    retry = True
