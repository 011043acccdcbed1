"""What can go wrong with the log: one class for each thing a caller can do differently."""


class LogError(Exception):
    """The log did not do what was asked; nothing may be disclosed on the strength of it."""


class LogBusyError(LogError):
    """Too many entries wait already; nothing was written, and the caller may try again later."""


class LogClosedError(LogError):
    """The log is not running or is shutting down; nothing was written."""


class LogStalledError(LogError):
    """Nobody knows whether the entry was written; disclose nothing, then ask again."""


class LogInconsistentError(LogError):
    """The stored log contradicts itself; it stays shut until a person has looked at it."""


class LogUnsafeError(LogError):
    """The database is set up to lose acknowledged commits; an operator must change its settings."""


class StorageError(LogError):
    """The storage failed in mid-operation; whether a commit reached it is unknown."""


class InvalidNoteError(LogError):
    """A signed note is malformed, or no known key signed it; do not believe what it says."""


class NotSignedError(InvalidNoteError):
    """A signed note carries no signature of the key that was asked; another one may know it."""
