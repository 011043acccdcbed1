"""GraphQL over HTTP: one operation a request, and national ids never in an address.

POST asks for anything. GET asks about the schema only (`hub.http.address`): an address is logged.
A document is sent as text, or named by its hash if it is registered (`hub.http.trusted`).

Under application/graphql-response+json (also taken when nothing is said) a refused operation has
the status of its error; under application/json a well-formed request that is refused has 200.
Partial data with errors is 200 under both. 401, 406, 413, 415 and 5xx are what they are under both.

Spec: GraphQL over HTTP (working draft of 2025), sections 5 and 6 and appendix A.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from graphql import GraphQLSyntaxError, OperationType, get_operation_ast, parse

from hub.access import Caller
from hub.clock import Clock
from hub.errors import InvalidRequestError, RefusedError
from hub.http.address import asked_by_address, check_about_schema
from hub.http.auth import Authenticator
from hub.http.body import read_object
from hub.http.direct import body_at_hand
from hub.http.exchange import Incoming, Reply
from hub.http.lateness import Failures, note_late
from hub.http.limits import Limits, Places, body_too_large, body_too_late, whole_body
from hub.http.media import check_accept, check_media_types
from hub.http.ports import Answers
from hub.http.presence import AnswerTimeoutError, Presence, answer_too_late
from hub.http.problems import log_failure, refused_operation
from hub.http.quota import QuotaTold
from hub.http.receiving import Receivers, media_type_of
from hub.http.trusted import TrustedDocuments, document_to_run, named_document
from hub.query.answer import Answer, Request
from hub.query.measure import DocumentLimits, scan
from hub.query.receiving import Receiving

_LIMITS: Final = DocumentLimits()
"""Of a document in which a mutation is looked for; the room below refuses what is larger."""


@dataclass(slots=True)
class Question:
    """The members of a GraphQL request; not frozen, as one is made for each."""

    document: str | None
    """None: it is named by its hash."""
    variables: dict[str, object]
    operation_name: str | None
    document_hash: str | None = None


@dataclass(frozen=True, slots=True)
class GraphqlEdge:
    """GET and POST /graphql: queries go to `queries`, mutations to `commands`."""

    authenticator: Authenticator
    queries: Answers
    commands: Answers
    clock: Clock
    limits: Limits
    places: Places
    receivers: Receivers
    presence: Presence = field(default_factory=Presence)
    quota: QuotaTold | None = None
    trusted: TrustedDocuments | None = None
    failures: Failures | None = None

    async def post(self, incoming: Incoming) -> Reply:
        """Answer one request.

        1. The caller is known before a byte of the body is read.
        2. The media types are ones that we send and take.
        3. The body arrives whole, in time, within its limit.
        4. It is one request: `query` a text, `variables` an object, `operationName` a text.
        5. There is room for it, and it is answered in time, for as long as its caller is there.
           The answer leaves as the client is registered (`Receivers.receiving`). What is stopped
           because it took too long is on record.

        Raises:
            HubError: As the steps have it; nothing was disclosed.
            DisconnectedError: The caller went away; what was under way is cancelled.
        """
        # Step 1.
        caller = await self.authenticator.caller(incoming)
        # Step 2.
        media_type = check_media_types(incoming)
        # Step 3.
        body = body_at_hand(incoming.receive)
        if body is None:
            with self.presence.within(self.limits.body_timeout_s, body_too_late):
                body = await whole_body(incoming.receive, self.limits.max_body_bytes)
        elif len(body) > self.limits.max_body_bytes:
            raise body_too_large(self.limits.max_body_bytes)
        # Step 4.
        try:
            asked = question(read_object(body))
        except InvalidRequestError:
            self._charge_refusal(caller)
            raise
        # Step 5.
        return await self._answered(asked, incoming, caller, media_type)

    async def get(self, incoming: Incoming) -> Reply:
        """Answer a question about the schema that stands in the address.

        Raises:
            HubError: As `post`; what is not about the schema alone is MethodNotAllowedError.
        """
        caller = await self.authenticator.caller(incoming)
        media_type = check_accept(incoming)
        try:
            asked = question(asked_by_address(incoming.scope["query_string"]))
            check_about_schema(asked.document, asked.operation_name)
        except InvalidRequestError:
            self._charge_refusal(caller)
            raise
        return await self._answered(asked, incoming, caller, media_type)

    async def _answered(
        self, asked: Question, incoming: Incoming, caller: Caller, media_type: str
    ) -> Reply:
        receiving = self.receivers.receiving(caller, incoming)
        try:
            answer = await self._answer(asked, incoming, caller, receiving)
        except RefusedError as error:
            reply = refused_operation(error, incoming.request_id, media_type)
            if self.quota is None:
                return reply
            self.quota.refused(caller)
            return replace(reply, headers=(*reply.headers, *self.quota.headers(caller)))
        for failure in answer.failures:
            log_failure(failure, incoming.request_id)
        told = self.quota.headers(caller) if self.quota is not None else ()
        return Reply(200, media_type_of(receiving, media_type), answer.body, told)

    async def _answer(
        self, asked: Question, incoming: Incoming, caller: Caller, receiving: Receiving | None
    ) -> Answer:
        at, request_id = self.clock(), incoming.request_id
        document = await document_to_run(
            self.trusted, asked.document, asked.document_hash, caller, request_id, at
        )
        port = self.commands if is_mutation(document, asked.operation_name) else self.queries
        request = Request(
            document, asked.variables, asked.operation_name, caller, request_id, at,
            receiving=receiving,
        )  # fmt: skip
        limit_s = self.limits.answer_timeout_s
        try:
            with self.places, self.presence.within(limit_s, answer_too_late, incoming.receive):
                return await port.answer(request)
        except AnswerTimeoutError as late:
            await note_late(self.failures, request, late)
            raise

    def _charge_refusal(self, caller: Caller) -> None:
        if self.quota is not None:
            self.quota.refused(caller)


def question(content: Mapping[str, object] | list[object]) -> Question:
    """Return what a request asks; members that nobody knows are ignored, as the specification says.

    Raises:
        InvalidRequestError: It is a batch, a member has the wrong type, or nothing is asked.
    """
    if isinstance(content, list):
        raise InvalidRequestError("Batches are not taken; send one operation a request.")
    document, name = content.get("query"), named_document(content)
    if not isinstance(document, str) and (name is None or document is not None):
        raise InvalidRequestError("query must be a text: the GraphQL document.")
    variables = content.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise InvalidRequestError("variables must be an object.")
    operation_name = content.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise InvalidRequestError("operationName must be a text.")
    extensions = content.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise InvalidRequestError("extensions must be an object.")
    return Question(document, variables or {}, operation_name or None, name)


def is_mutation(document: str, operation_name: str | None) -> bool:
    """Whether the operation that would run is a mutation.

    A document without that word has none, which spares nearly every request the parsing. What does
    not parse counts as a query: the room below refuses it, with the places.
    """
    if "mutation" not in document:
        return False
    try:
        scan(document, _LIMITS)
        parsed = parse(document, no_location=True, max_lexical_tokens=_LIMITS.tokens)
    except (GraphQLSyntaxError, RefusedError):
        return False
    operation = get_operation_ast(parsed, operation_name)
    return operation is not None and operation.operation is OperationType.MUTATION
