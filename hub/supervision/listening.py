"""The one port: bound once, by the supervisor, and inherited by every worker."""

import socket
from typing import Final

BACKLOG: Final = 512
"""Connections that wait to be accepted; the kernel turns away what is more."""


def listener(host: str, port: int) -> socket.socket:
    """Return a bound, listening socket; it is bound before anything else is started.

    Raises:
        OSError: The port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound
