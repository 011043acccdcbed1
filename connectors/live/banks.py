"""Asks the banks' channel what one person holds on a day, under the person's authorisation.

The citizen number goes in the body, never in an address that somebody's log may keep. An answer
is bounded in time and size; what is not whole is not used. The contract:
`openapi/departments/banks.yaml`.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import httpx2
import msgspec
import stamina

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.live.protocol import Holding, Question

DEPARTMENT: Final = "banks"
_REFUSED: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_BYTES: Final = 1024 * 1024
_ABOUT_NOBODY: Final = b"{}"


class _Holding(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    kind: str
    institution: str
    amount_cents: int
    amount_on: date


class _Answer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    query_reference: str
    holdings: list[_Holding]


_ANSWER: Final = msgspec.json.Decoder(_Answer)


class _PassingError(Exception):
    """One attempt failed in a way that another may not; `str()` says how."""


@dataclass(frozen=True, slots=True)
class BankChannel:
    """The channel, as we reach it: a connection for each question, for questions are few."""

    url: str
    token: str = field(repr=False)
    timeout_s: float = 5.0
    attempts: int = 2
    department: str = DEPARTMENT

    async def ask(self, question: Question) -> tuple[Holding, ...]:
        """Return what the person holds; see `LiveSource.ask`."""
        content = msgspec.json.encode(
            {
                "authorisationId": str(question.authorisation_id),
                "citizenNumber": question.citizen_number,
                "name": question.name,
                "on": question.on,
            }
        )
        return _holdings(await self._answer(content, httpx2.codes.OK))

    async def reach(self) -> None:
        """Return if the channel answers and takes our credential; it is asked about nobody.

        By the contract a question without a person is refused with 403, and one without a
        credential that it knows with 401. Raises what `LiveSource.ask` raises.
        """
        await self._answer(_ABOUT_NOBODY, httpx2.codes.FORBIDDEN)

    async def _answer(self, content: bytes, expected: int) -> bytes:
        """Return the whole answer, once it has the expected status."""
        try:
            async for attempt in stamina.retry_context(
                on=_PassingError, attempts=self.attempts, timeout=None, wait_initial=0.1
            ):
                with attempt:
                    return await self._attempt(content, expected)
        except _PassingError as error:
            raise SourceUnavailableError(DEPARTMENT, "holdings", str(error)) from None
        raise AssertionError("the attempts end in an answer or an error")

    async def _attempt(self, content: bytes, expected: int) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(self.timeout_s),
                httpx2.AsyncClient(timeout=self.timeout_s, trust_env=False) as client,
                client.stream("POST", self.url, content=content, headers=headers) as response,
            ):
                self._judge(response.status_code, expected)
                return await self._whole(response)
        except (httpx2.TimeoutException, TimeoutError):
            raise _PassingError(f"did not answer whole within {self.timeout_s:g} s") from None
        except httpx2.DecodingError:
            # The decoder's message may quote what came; it is not passed on.
            raise SourceFormatError(DEPARTMENT, "holdings", "is not packed as it says") from None
        except httpx2.TransportError as error:
            raise _PassingError(f"broke off ({type(error).__name__})") from None

    @staticmethod
    def _judge(status: int, expected: int) -> None:
        if status == expected:
            return
        if status in _REFUSED:
            raise SourceRefusedError(DEPARTMENT, "holdings", f"answered {status}")
        if status in _PASSING:
            raise _PassingError(f"answered {status}")
        raise SourceFormatError(DEPARTMENT, "holdings", f"answered {status}")

    @staticmethod
    async def _whole(response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise SourceFormatError(DEPARTMENT, "holdings", "the answer is too long")
        return bytes(body)


def _holdings(body: bytes) -> tuple[Holding, ...]:
    try:
        answer = _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's message may quote a value; it is not passed on.
        raise SourceFormatError(
            DEPARTMENT, "holdings", "is not a reference with holdings"
        ) from None
    return tuple(Holding(h.kind, h.amount_cents, h.amount_on) for h in answer.holdings)
