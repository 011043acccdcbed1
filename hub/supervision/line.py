"""What a worker says to its supervisor, once: that it answers requests.

The supervisor says `lead`, `retire` or `stop` (`crew.Word`), a line each.
"""

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker answers requests; `size` is how many workers its settings ask for."""

    size: int
    issuer: str
    """Address by which departments know the hub."""

    def line(self) -> bytes:
        """Return it as it is sent."""
        return json.dumps({"size": self.size, "issuer": self.issuer}).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Return what was sent.

        Raises:
            ValueError: It is not that; the worker is of another version.
        """
        said = json.loads(line)
        if not isinstance(said, dict):
            raise ValueError("a worker says something else than agreed")  # noqa: TRY004 - one error
        return cls(int(said["size"]), str(said["issuer"]))
