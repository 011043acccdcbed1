"""`/log/proof/INDEX`: one entry's proof as a file that anybody can check offline.

Whoever has a receipt asks for its index. The proof shows that the entry is in the signed tree. What
stands under the commitment is for auditors only, also where the asking client is the one that it is
about: a record tells who is unknown from who is outside the client's rows, and an answer does not.

Spec: C2SP tlog-proof (5ba5ee8).
"""

from dataclasses import dataclass
from typing import Final

from audit.proving import inclusion
from audit.tlog_proof import SUFFIX, Opening, TlogProof
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming, NotFoundError, Reply
from hub.store.database import Connections
from hub.store.log_tree import minimum_index, newest, proof
from hub.store.witnessed import newest_witnessed

_ENTRY: Final = "SELECT commitment FROM audit.record WHERE seq = $1"
_MAX_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class LogProofs:
    """Serves proofs of inclusion."""

    authenticator: Authenticator
    database: Connections

    async def proof(self, incoming: Incoming) -> Reply:
        """Give the proof that an entry is in a signed tree: a witnessed one, if one has it."""
        await self.authenticator.caller(incoming)
        index = parsed_index(incoming.path_text("index"))
        async with self.database.connection() as connection:
            head = await newest_witnessed(connection)
            if head is None or index >= head.size:
                head = await newest(connection)
            if head is None or index >= head.size:
                raise NotFoundError("The log has no such entry.")
            entry = await connection.fetchval(_ENTRY, index)
            if entry is None and index < await minimum_index(connection):
                raise NotFoundError("This entry was dropped when its time was over.")
            path = await proof(connection, inclusion(index, head.size), head.size)
        text = TlogProof(index, path, head.note, Opening(entry.hex()).encoded()).text()
        name = f'attachment; filename="{index}{SUFFIX}"'
        headers = (("Content-Disposition", name),)
        return Reply(200, "text/plain; charset=utf-8", text.encode(), headers)


def parsed_index(text: str) -> int:
    """Return the number of an entry, as a path has it.

    Raises:
        NotFoundError: It is no plain decimal number.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    if not is_number or str(int(text)) != text:
        raise NotFoundError("An entry has a plain decimal number.")
    return int(text)
