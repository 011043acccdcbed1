"""Runs a real PostgreSQL for the hub, and leaves none behind.

A guardian process owns the server; hub processes attach to it. Who dies, and how, does not matter:
when the last attached process is gone, the guardian stops the server; when the guardian is gone,
the kernel tells the server to stop. Linux only (`/proc`, parent-death signals, pidfd).
"""

from hub.store.embedded.client import EmbeddedServer
from hub.store.embedded.errors import (
    BinariesMissingError,
    DataVersionError,
    EmbeddedServerError,
    HomeUnusableError,
    ServerStartError,
    SocketPathError,
)

__all__ = [
    "BinariesMissingError",
    "DataVersionError",
    "EmbeddedServer",
    "EmbeddedServerError",
    "HomeUnusableError",
    "ServerStartError",
    "SocketPathError",
]
