"""Where a stream of entries goes: syslog over TCP or TLS, or HTTP.

A port returns once what it was given is the receiver's, as far as the protocol lets one know. Over
HTTP that is its answer. Syslog knows no answer: what was sent is the receiver's machine's once its
kernel has acknowledged every byte, and the connection still stands.

Spec: RFC 5424 (syslog), RFC 6587 3.4.1 (octet counting), RFC 5425 (TLS), RFC 9110.
"""

import asyncio
import fcntl
import socket
import ssl
import struct
import termios
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx2
import orjson

from audit.entry import EPOCH, KIND_BY_CODE
from audit.forms import FormedEntry, ocsf_event
from hub.errors import SetupError

_FACILITY: Final = 13
"""Log audit."""
_INFO, _WARNING = 6, 4
_BOM: Final = "\ufeff"
_POLL_S: Final = 0.02
_PORTS: Final = {"syslog": 514, "syslog+tls": 6514}


class NotTakenError(Exception):
    """The receiver did not take what was sent; it is sent again. The text names no entry."""


class StreamPort(Protocol):
    """Takes entries, in order."""

    async def send(self, entries: Sequence[FormedEntry]) -> None:
        """Return once they are the receiver's.

        Raises:
            NotTakenError: They are not, or nobody knows.
        """

    async def close(self) -> None:
        """Let go of the connection; never raises."""


@dataclass(frozen=True, slots=True)
class EntryWords:
    """How an entry is told: as an event of OCSF, or as its record stands."""

    origin: str
    form: str

    def of(self, entry: FormedEntry) -> dict[str, object]:
        """Return one entry; whom it is about is not in it."""
        if self.form == "ocsf":
            return ocsf_event(entry, self.origin)
        kind = KIND_BY_CODE.get(entry.kind)
        return {
            "log": self.origin,
            "index": entry.seq,
            "kind": str(kind) if kind is not None else str(entry.kind),
            "record": orjson.Fragment(entry.record),
        }


def port_of(
    url: str, words: EntryWords, ca_file: Path | None, token_file: Path | None, timeout_s: float
) -> StreamPort:
    """Return the port to an address of the settings.

    Raises:
        SetupError: A file that it needs cannot be read.
    """
    parts = urlsplit(url)
    context = None if parts.scheme in {"http", "syslog"} else _trusting(ca_file)
    if parts.scheme in _PORTS:
        port = parts.port or _PORTS[parts.scheme]
        return SyslogPort(str(parts.hostname), port, words, context, timeout_s)
    return HttpPort(url, words, context, token_file, timeout_s)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as problem:
        raise SetupError(
            f"The setting log_stream_ca_file cannot be used: {type(problem).__name__}."
        ) from None


@dataclass(slots=True)
class HttpPort:
    """POSTs each batch as JSON Lines; 2xx takes it, everything else does not."""

    url: str
    words: EntryWords
    context: ssl.SSLContext | None
    token_file: Path | None
    timeout_s: float
    _client: httpx2.AsyncClient | None = field(default=None, repr=False)

    async def send(self, entries: Sequence[FormedEntry]) -> None:
        """Return once the receiver has answered that it took them.

        Raises:
            NotTakenError: It has not.
        """
        body = b"".join(
            orjson.dumps(self.words.of(entry), option=orjson.OPT_APPEND_NEWLINE)
            for entry in entries
        )
        head = {
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": f'"{self.words.origin}/{entries[0].seq}-{entries[-1].seq}"',
        }
        try:
            if self.token_file is not None:
                head["Authorization"] = f"Bearer {self.token_file.read_text('utf-8').strip()}"
            if self._client is None:
                verify = self.context if self.context is not None else True
                self._client = httpx2.AsyncClient(
                    timeout=self.timeout_s, trust_env=False, verify=verify
                )
            answer = await self._client.post(self.url, content=body, headers=head)
        except (httpx2.HTTPError, OSError, UnicodeError) as problem:
            raise NotTakenError(type(problem).__name__) from None
        if not answer.is_success:
            raise NotTakenError(f"status {answer.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            with suppress(Exception):
                await client.aclose()


@dataclass(slots=True)
class SyslogPort:
    """Writes each entry as a message of RFC 5424, its length before it."""

    host: str
    port: int
    words: EntryWords
    context: ssl.SSLContext | None
    timeout_s: float
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(
        default=None, repr=False
    )

    async def send(self, entries: Sequence[FormedEntry]) -> None:
        """Return once the receiver's machine has acknowledged every byte.

        Raises:
            NotTakenError: It has not, or the connection broke.
        """
        try:
            async with asyncio.timeout(self.timeout_s):
                reader, writer = self._streams or await self._connected()
                for entry in entries:
                    writer.write(self.message(entry))
                    await writer.drain()
                await _acknowledged(reader, writer)
        except (OSError, ssl.SSLError, TimeoutError) as problem:
            await self.close()
            raise NotTakenError(type(problem).__name__) from None

    def message(self, entry: FormedEntry) -> bytes:
        """Return one entry as it goes over the wire."""
        record = orjson.loads(entry.record)
        severity = _WARNING if record.get("outcome") in {"refused", "failed"} else _INFO
        at = EPOCH + timedelta(milliseconds=record.get("at", 0))
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        host = self.words.origin.partition("/")[0][:255] or "-"
        kind = KIND_BY_CODE.get(entry.kind)
        named = str(kind) if kind is not None else str(entry.kind)
        head = f"<{_FACILITY * 8 + severity}>1 {moment} {host} hub - {named} - {_BOM}"
        text = head.encode() + orjson.dumps(self.words.of(entry))
        return str(len(text)).encode() + b" " + text

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection(
            self.host, self.port, ssl=self.context,
            server_hostname=self.host if self.context is not None else None,
        )  # fmt: skip
        return self._streams

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            (_, writer), self._streams = self._streams, None
            with suppress(Exception):
                writer.close()
                async with asyncio.timeout(1):
                    await writer.wait_closed()


async def _acknowledged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Wait until nothing that was written is on its way any more, on a connection that stands.

    Raises:
        ConnectionError: The receiver closed it.
    """
    known: socket.socket = writer.get_extra_info("socket")
    while writer.transport.get_write_buffer_size() or _unacknowledged(known):
        if reader.at_eof() or writer.is_closing():
            raise ConnectionResetError
        await asyncio.sleep(_POLL_S)
    await asyncio.sleep(0)
    if reader.at_eof() or writer.is_closing():
        raise ConnectionResetError


def _unacknowledged(known: socket.socket) -> int:
    """Return how many bytes the other side's kernel has not acknowledged (Linux: SIOCOUTQ)."""
    answer = fcntl.ioctl(known.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])
