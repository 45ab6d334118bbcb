"""Moved to mokmin.adapters.net.checked."""

from mokmin.adapters.net.checked import CheckedTransport

__all__ = ["CheckedTransport"]
