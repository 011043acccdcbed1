"""GraphQL over HTTP: POST only, one operation a request, and national ids never in an address.

Under application/graphql-response+json (also taken when nothing is said) a refused operation has
the status of its error; under application/json a well-formed request that is refused has 200.
Partial data with errors is 200 under both. 401, 406, 413, 415 and 5xx are what they are under both.

Spec: GraphQL over HTTP (working draft of 2025), sections 5 and 6 and appendix A.
"""

from dataclasses import dataclass, field
from typing import Final

import orjson
from graphql import GraphQLSyntaxError, OperationType, get_operation_ast, parse

from hub.clock import Clock
from hub.errors import InvalidRequestError, RefusedError
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming, Reply
from hub.http.limits import Limits, Places, body_too_late, whole_body
from hub.http.media import check_media_types
from hub.http.ports import Answers
from hub.http.presence import Presence, answer_too_late
from hub.http.problems import log_failure, refused_operation
from hub.query.answer import Request

_MAX_TOKENS: Final = 5_000
"""Of a document in which a mutation is looked for; the room below has limits of its own."""


@dataclass(frozen=True, slots=True)
class Question:
    """The body of a GraphQL request."""

    document: str
    variables: dict[str, object]
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class GraphqlEdge:
    """POST /graphql: queries go to `queries`, mutations to `commands`."""

    authenticator: Authenticator
    queries: Answers
    commands: Answers
    clock: Clock
    limits: Limits
    places: Places
    presence: Presence = field(default_factory=Presence)

    async def post(self, incoming: Incoming) -> Reply:
        """Answer one request.

        1. The caller is known before a byte of the body is read.
        2. The media types are ones that we send and take.
        3. The body arrives whole, in time, within its limit.
        4. It is one request: `query` a text, `variables` an object, `operationName` a text.
        5. There is room for it, and it is answered in time, for as long as its caller is there.

        Raises:
            HubError: As the steps have it; nothing was disclosed.
            DisconnectedError: The caller went away; what was under way is cancelled.
        """
        # Step 1.
        caller = self.authenticator.caller(incoming)
        # Step 2.
        media_type = check_media_types(incoming)
        # Step 3.
        with self.presence.within(self.limits.body_timeout_s, body_too_late):
            body = await whole_body(incoming.receive, self.limits.max_body_bytes)
        # Step 4.
        asked = question(body)
        # Step 5.
        port = self.commands if is_mutation(asked) else self.queries
        request = Request(
            asked.document,
            asked.variables,
            asked.operation_name,
            caller,
            incoming.request_id,
            self.clock(),
        )
        limit_s = self.limits.answer_timeout_s
        try:
            with self.places, self.presence.within(limit_s, answer_too_late, incoming.receive):
                answer = await port.answer(request)
        except RefusedError as error:
            return refused_operation(error, incoming.request_id, media_type)
        for failure in answer.failures:
            log_failure(failure, incoming.request_id)
        return Reply(200, media_type, answer.body)


def question(body: bytes) -> Question:
    """Return what a body asks; members that nobody knows are ignored, as the specification says.

    Raises:
        InvalidRequestError: It is not JSON, is a batch, or a member has the wrong type.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequestError("The body is not JSON in UTF-8.") from None
    if isinstance(content, list):
        raise InvalidRequestError("Batches are not taken; send one operation a request.")
    if not isinstance(content, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    document = content.get("query")
    if not isinstance(document, str):
        raise InvalidRequestError("query must be a text: the GraphQL document.")
    variables = content.get("variables")
    if not isinstance(variables, dict | None):
        raise InvalidRequestError("variables must be an object.")
    operation_name = content.get("operationName")
    if not isinstance(operation_name, str | None):
        raise InvalidRequestError("operationName must be a text.")
    if not isinstance(content.get("extensions"), dict | None):
        raise InvalidRequestError("extensions must be an object.")
    return Question(document, variables or {}, operation_name or None)


def is_mutation(asked: Question) -> bool:
    """Whether the operation that would run is a mutation.

    A document without that word has none, which spares nearly every request the parsing. What does
    not parse counts as a query: the room below refuses it, with the places.
    """
    if "mutation" not in asked.document:
        return False
    try:
        document = parse(asked.document, no_location=True, max_lexical_tokens=_MAX_TOKENS)
    except (GraphQLSyntaxError, RecursionError):
        return False
    operation = get_operation_ast(document, asked.operation_name)
    return operation is not None and operation.operation is OperationType.MUTATION
