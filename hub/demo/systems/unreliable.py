"""Makes a system fail on purpose, so that tests see what the hub does about it.

The first requests that bring something can be answered 500, or never, or be taken without the
answer ever leaving: what a network does when it breaks at the worst moment.
"""

import argparse
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(slots=True)
class Troubles:
    """How many of the next requests fail, in this order; owned by one `Unreliable`."""

    fail: int = 0
    """Answered 500; nothing is taken."""
    hang: int = 0
    """Not answered; nothing is taken."""
    lose: int = 0
    """Taken; the connection breaks before the answer is whole."""
    mute: int = 0
    """Taken; the answer never leaves."""


def add_troubles(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how often to fail."""
    parser.add_argument("--fail-first", type=int, default=0, help="answer 500 this many times")
    parser.add_argument("--hang-first", type=int, default=0, help="then do not answer")
    parser.add_argument("--lose-first", type=int, default=0, help="then take, and lose the answer")
    parser.add_argument("--mute-first", type=int, default=0, help="then take, and say nothing")


def troubles_of(options: argparse.Namespace) -> Troubles:
    """Return what the options say."""
    return Troubles(options.fail_first, options.hang_first, options.lose_first, options.mute_first)


class Unreliable:
    """Wraps an application; only POST fails."""

    def __init__(self, app: ASGIApp, troubles: Troubles) -> None:
        self._app = app
        self._troubles = troubles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail in the way that is next."""
        left = self._troubles
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif left.fail:
            left.fail -= 1
            await _answer_500(send)
        elif left.hang:
            left.hang -= 1
            await _wait_until_gone(receive)
        elif left.lose:
            left.lose -= 1
            await self._app(scope, receive, _losing(send))
        elif left.mute:
            left.mute -= 1
            await self._app(scope, receive, _silent)
            await _wait_until_gone(receive)
        else:
            await self._app(scope, receive, send)


async def _answer_500(send: Send) -> None:
    body = b'{"status":500,"detail":"out of order"}'
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _silent(message: Message) -> None:
    del message


def _losing(send: Send) -> Send:
    """Send no body: the server breaks the connection as fewer bytes came than were promised."""

    async def lose(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)

    return lose
