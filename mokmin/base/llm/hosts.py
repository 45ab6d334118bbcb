"""Moved to mokmin.base.net.hosts."""

from mokmin.base.net.hosts import AllowedHosts, read_hosts, resolved

__all__ = ["AllowedHosts", "read_hosts", "resolved"]
