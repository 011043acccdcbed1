"""Read the static files of a log, from a folder or over HTTP. Nothing that is read is believed.

`None` means that the place answers and has no such file, which is a finding; that the place does
not answer is an error, for then nothing can be said about the log.
"""

import ssl
import time
import zlib
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from typing_extensions import override

from audit.errors import StorageError

_MAX_BYTES: Final = 256 * (65_535 + 2)
"""The longest entry bundle that the format allows."""
_TIMEOUT_S: Final = 30.0
_PAUSES_S: Final = (0.2, 1.0, 3.0)
"""How long to wait before each further attempt."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_OK, _NOT_FOUND, _GONE = 200, 404, 410
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Reader(Protocol):
    """The files of one log by their paths; may be sent to another process."""

    def read(self, path: str) -> bytes | None:
        """Return a file, None where there is none.

        Raises:
            StorageError: The place does not answer, or refuses to.
        """

    def close(self) -> None:
        """Let go of what reading took; reading takes it again."""


class FolderReader:
    """A log as files below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str) -> bytes | None:
        """Return a file, None where there is none.

        Raises:
            StorageError: It is there and cannot be read.
        """
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"cannot read {self.folder / path}: {error.strerror}") from error

    def close(self) -> None:
        """Do nothing: no file stays open."""


class HttpReader:
    """A log below a URL: its prefix as C2SP tlog-tiles has it, such as `https://hub.example/log`.

    Keeps one connection, tries again what fails in passing, follows no redirect.
    """

    def __init__(self, url: str, token: str | None = None, ca_file: str | None = None) -> None:
        """Take the prefix, and what the log asks of its readers.

        Raises:
            StorageError: It is no URL, or the token would be sent where anybody can read it.
        """
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise StorageError(f"{url} is no http or https address of a log")
        if token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise StorageError("a token is sent by https only; give the log's https address")
        self._given = (url, token, ca_file)
        self._url, self._parts, self._token, self._ca_file = url, parts, token, ca_file
        self._connection: HTTPConnection | None = None

    @override
    def __reduce__(self) -> tuple[type["HttpReader"], tuple[str, str | None, str | None]]:
        return HttpReader, self._given

    def read(self, path: str) -> bytes | None:
        """Return a file, None where the server says that there is none.

        Raises:
            StorageError: The server cannot be reached, refuses, or sends too much.
        """
        problem = ""
        for pause in (*_PAUSES_S, None):
            try:
                response = self._asked(path)
                status = response.status
                content = response.read(_MAX_BYTES + 1)
            except (OSError, HTTPException) as error:
                self.close()
                problem = f"cannot reach {self._url}: {type(error).__name__}"
            else:
                if status not in _BUSY:
                    return self._judged(path, status, response, content)
                problem = f"{self._url} answers {status} for {path}"
            if pause is not None:
                time.sleep(pause)
        raise StorageError(problem)

    def _asked(self, path: str) -> HTTPResponse:
        connection = self._connection or self._connected()
        headers = {"Accept-Encoding": "gzip, identity"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection.request("GET", f"{self._parts.path}/{path}", headers=headers)
        return connection.getresponse()

    def _connected(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        connection: HTTPConnection
        if self._parts.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca_file)
            connection = HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
        else:
            connection = HTTPConnection(host, port, timeout=_TIMEOUT_S)
        self._connection = connection
        return connection

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None

    def _judged(
        self, path: str, status: int, response: HTTPResponse, content: bytes
    ) -> bytes | None:
        if status in {_NOT_FOUND, _GONE}:
            return None
        if status != _OK:
            hint = "; give a token by --token-file" if status in {401, 403} else ""
            raise StorageError(f"{self._url} answers {status} for {path}{hint}")
        if len(content) > _MAX_BYTES:
            self.close()
            raise StorageError(f"{self._url} sends more for {path} than the format allows")
        if response.headers.get("Content-Encoding") == "gzip":
            return _unzipped(content, f"{self._url}/{path}")
        return content


def reader_of(place: str, token: str | None = None, ca_file: str | None = None) -> Reader:
    """Return what reads the log at `place`: a URL, or a folder.

    Raises:
        StorageError: There is no such folder, or the URL is none.
    """
    if "://" in place:
        return HttpReader(place, token, ca_file)
    folder = Path(place)
    if not folder.is_dir():
        raise StorageError(f"{place} is neither a folder nor an http address")
    return FolderReader(folder)


def _unzipped(content: bytes, where: str) -> bytes:
    unzip = zlib.decompressobj(wbits=31)  # gzip, header and all
    try:
        plain = unzip.decompress(content, _MAX_BYTES)
    except zlib.error:
        raise StorageError(f"{where} is not the gzip that it says it is") from None
    if not unzip.eof:
        raise StorageError(f"{where} is cut, or larger than the format allows")
    return plain
