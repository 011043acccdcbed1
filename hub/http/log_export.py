"""POST /audit/export: what an auditor looks for in the log, as a signed folder in a tar, streamed.

The look-up is on record before the first byte. Token, client and grants are looked at again after
each file. The archive ends with the manifest: one that was broken off has none, and `hub-audit
verify-export` says so.

Spec: POSIX.1-1988 ustar.
"""

import math
import tarfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from audit.forms import FORMS
from audit.selection import NamedFile, Wanted
from hub.access import Caller, Denied
from hub.clock import Clock
from hub.errors import HubError, InvalidRequestError, NotGrantedError, RefusedError
from hub.http.auth import Authenticator
from hub.http.body import read_object
from hub.http.console.answers import PolicyInForce
from hub.http.exchange import Incoming, NotFoundError
from hub.http.limits import DisconnectedError, Limits, Places, body_too_late, whole_body
from hub.http.media import check_json_body
from hub.http.presence import Presence, Watch, answer_too_late
from hub.http.problems import log_failure
from hub.http.streaming import Streamed
from hub.query.answer import Request, entitled
from hub.query.disclosure import Asked
from hub.query.granting import denied
from hub.query.log_export import CHANNEL, LogExporter, Sought
from hub.query.model import RootKind
from hub.query.register_binding import is_department
from hub.query.registers import fields_of_entry

TAR: Final = "application/x-tar"
_BLOCK: Final = 512
_KEYS: Final = frozenset({"subject", "department", "since", "until", "forms"})
_NO_DOCUMENT: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class LogExportEdge:
    """Gives auditors exports of the log; `running` bounds how many go on at a time."""

    authenticator: Authenticator
    policies: PolicyInForce
    exporter: LogExporter | None
    """None: there is none, as in tests of other things."""
    clock: Clock
    limits: Limits
    running: Places
    presence: Presence = field(default_factory=Presence)

    async def post(self, incoming: Incoming) -> Streamed:
        """Begin one export.

        1. The caller is known before a byte of the body is read. 2. The body is one request. 3. The
        caller may read the whole access log today. 4. There is room, and it is on record.

        Raises:
            HubError: As the steps have it; nothing was disclosed.
        """
        # Step 1.
        caller = await self.authenticator.caller(incoming)
        exporter = self.exporter
        if exporter is None:
            raise NotFoundError("This hub gives no exports of its log.")
        # Step 2.
        check_json_body(incoming)
        with self.presence.within(self.limits.body_timeout_s, body_too_late):
            body = await whole_body(incoming.receive, self.limits.max_body_bytes)
        at = self.clock()
        asked = Asked(caller, incoming.request_id, at, _NO_DOCUMENT, None, CHANNEL)
        try:
            sought = _sought(read_object(body))
            # Step 3.
            await self._check(caller, at)
        except RefusedError as refusal:
            await exporter.disclosures.refused(asked, refusal)
            raise
        # Step 4.
        self.running.__enter__()
        try:
            wanted = await exporter.begin(sought, asked.record("answered"))
        except BaseException:
            self.running.__exit__(None, None, None)
            raise
        name = 'attachment; filename="audit-export.tar"'
        incoming.told.append(("Content-Disposition", name))
        pieces = self._pieces(incoming, exporter, wanted, asked)
        return Streamed(TAR, pieces, self.limits.send_timeout_s)

    async def _check(self, caller: Caller, at: datetime) -> None:
        policy = await self.policies.current()
        if not await self.policies.is_in_force(policy):
            policy = await self.policies.reload()
        request = Request("", {}, None, caller, "", at)
        entitlement = entitled(policy, request)
        for path in fields_of_entry(RootKind.ACCESS_LOG):
            decision = entitlement.decide(path)
            if isinstance(decision, Denied):
                raise NotGrantedError(denied(entitlement, path, decision.reason), (path,))

    async def _pieces(
        self, incoming: Incoming, exporter: LogExporter, wanted: Wanted, asked: Asked
    ) -> AsyncGenerator[bytes, None]:
        """Give out the archive; whoever breaks it off, or may not read on, gets no end of it.

        Raises:
            DisconnectedError: The caller has gone, the token or the grant ended meanwhile, or the
                log cannot be read.
        """
        try:
            now = int(self.clock().timestamp())
            with Watch(incoming.receive) as watch:
                async with aclosing(exporter.files(wanted)) as files:
                    while (file := await self._next(files, watch)) is not None:
                        yield _member(*file, now)
                        await self._check(await self.authenticator.still(incoming), self.clock())
            yield bytes(2 * _BLOCK)
        except RefusedError as refusal:
            await exporter.disclosures.refused(asked, refusal)
            raise DisconnectedError from refusal
        except HubError as problem:
            log_failure(problem, incoming.request_id)
            raise DisconnectedError from problem
        finally:
            self.running.__exit__(None, None, None)

    async def _next(self, files: AsyncGenerator[NamedFile, None], watch: Watch) -> NamedFile | None:
        """Return the next file; who has gone meanwhile gets none, and it is not made to its end."""
        watch.check()
        with self.presence.within(math.inf, answer_too_late, watch.receive):
            return await anext(files, None)


def _member(path: str, content: bytes, now: int) -> bytes:
    info = tarfile.TarInfo(f"audit-export/{path}")
    info.size, info.mtime, info.mode = len(content), now, 0o600
    header = info.tobuf(tarfile.USTAR_FORMAT)
    return header + content + bytes(-len(content) % _BLOCK)


def _sought(body: dict[str, object] | list[object]) -> Sought:
    """Return what a request looks for.

    Raises:
        InvalidRequestError: It is not what it must be; no value is quoted.
    """
    if not isinstance(body, dict) or not body.keys() <= _KEYS:
        raise InvalidRequestError(f"The body is an object of {', '.join(sorted(_KEYS))}.")
    subject, department, forms = body.get("subject"), body.get("department"), body.get("forms", [])
    if subject is not None and not isinstance(subject, str):
        raise InvalidRequestError("`subject` is a citizen number.")
    if department is not None and not is_department(department):
        raise InvalidRequestError("`department` is small letters, digits and hyphens.")
    if not isinstance(forms, list) or not all(
        isinstance(form, str) and form in FORMS for form in forms
    ):
        raise InvalidRequestError(f"`forms` is a list of {' and '.join(FORMS)}.")
    since, until = _moment(body, "since"), _moment(body, "until")
    return Sought(subject, department, since, until, tuple(dict.fromkeys(forms)))  # type: ignore[arg-type]  # checked


def _moment(body: dict[str, object], name: str) -> datetime | None:
    text = body.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidRequestError(f"`{name}` is a moment in ISO 8601.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
