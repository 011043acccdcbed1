"""What one check of `hub doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `advice` is what to do about it."""

    name: str
    is_ok: bool
    found: str
    advice: str = ""
    is_ours: bool = True
    """Whether this hub's operator can mend it; another's outage is noted, and no more."""

    @property
    def is_bad(self) -> bool:
        """Whether the hub is not whole because of it."""
        return self.is_ours and not self.is_ok

    @property
    def mark(self) -> str:
        """The word that stands before the finding."""
        return "ok" if self.is_ok else "BAD" if self.is_ours else "note"
