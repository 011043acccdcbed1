"""Asks a department's server over HTTP: bounded in time, size and attempts.

An answer that does not come whole is asked for again, so nothing of a broken answer is ever
used. What a server says in an error stays here: it could quote a person's values.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx2
import stamina

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError

_REFUSED: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class _PassingError(Exception):
    """One attempt failed in a way that another may not; `str()` says how."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a source is asked, and how much it may answer."""

    timeout_s: float = 30.0
    attempts: int = 4
    wait_initial_s: float = 0.2
    wait_max_s: float = 5.0
    max_page_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """One request; `place` names it in an error and holds nothing of a person."""

    method: str
    url: str
    place: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    expected: frozenset[int] = frozenset({200})


@dataclass(frozen=True, slots=True)
class Asking:
    """How one department's server is asked."""

    department: str
    token: str = field(repr=False)
    patience: Patience = field(default_factory=Patience)

    def client(self) -> httpx2.AsyncClient:
        """Return a client that carries our credential; the caller closes it."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        return httpx2.AsyncClient(headers=headers, timeout=self.patience.timeout_s, trust_env=False)

    async def ask(self, client: httpx2.AsyncClient, question: Question) -> tuple[int, bytes]:
        """Return status and body of a whole answer of an expected status.

        Only a request that may be repeated is asked for here.

        Raises:
            SourceUnavailableError: Every attempt failed.
            SourceRefusedError: Our credential is not accepted.
            SourceFormatError: Another status, or more bytes than agreed.
        """
        try:
            async for attempt in stamina.retry_context(
                on=_PassingError,
                attempts=self.patience.attempts,
                timeout=None,
                wait_initial=self.patience.wait_initial_s,
                wait_max=self.patience.wait_max_s,
                wait_jitter=self.patience.wait_initial_s,
            ):
                with attempt:
                    return await self._attempt(client, question)
        except _PassingError as error:
            raise SourceUnavailableError(
                self.department,
                question.place,
                f"{error} ({self.patience.attempts} attempts)",
            ) from None
        raise AssertionError("the attempts end in an answer or an error")

    async def _attempt(self, client: httpx2.AsyncClient, question: Question) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(self.patience.timeout_s),
                client.stream(
                    question.method,
                    question.url,
                    params=dict(question.params),
                    content=question.content,
                ) as response,
            ):
                self._judge(response.status_code, question)
                return response.status_code, await self._body(response, question)
        except (httpx2.TimeoutException, TimeoutError):
            raise _PassingError(
                f"did not answer whole within {self.patience.timeout_s:g} s"
            ) from None
        except httpx2.DecodingError:
            raise _PassingError("is not packed as it says") from None
        except httpx2.TransportError as error:
            raise _PassingError(f"broke off ({type(error).__name__})") from None

    def _judge(self, status: int, question: Question) -> None:
        if status in question.expected:
            return
        if status in _REFUSED:
            raise SourceRefusedError(
                self.department, question.place, f"answered {status} to our credential"
            )
        if status in _PASSING:
            raise _PassingError(f"answered {status}")
        raise self.malformed(question.place, f"answered {status}")

    async def _body(self, response: httpx2.Response, question: Question) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self.patience.max_page_bytes:
                limit = self.patience.max_page_bytes
                raise self.malformed(question.place, f"is longer than {limit} bytes")
        return bytes(body)

    def malformed(self, place: str, reason: str) -> SourceFormatError:
        """Return the error that a place of the source has another form than agreed."""
        return SourceFormatError(self.department, place, reason)
