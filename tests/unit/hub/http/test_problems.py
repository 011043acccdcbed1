"""What is told and what is logged: never a value, whatever goes wrong and wherever."""

import asyncpg
import pytest
from starlette.websockets import WebSocketDisconnect
from structlog.testing import capture_logs

from hub.errors import (
    CorruptError,
    HubError,
    InvalidRequestError,
    SetupError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from hub.http.problems import Form, OAuthError, log_failure, outside
from tests.support.edge import new_edge

SECRETS = ("690101199001011234", "12900012345", "张某某", "s3cret-key-material")


class LeakyError(Exception):
    """An error of somebody else, which quotes what it was given."""


def fail_with_secrets():
    values = " ".join(SECRETS)
    try:
        raise asyncpg.UniqueViolationError(f"Key (number)=({values}) already exists.")
    except asyncpg.PostgresError as problem:
        raise LeakyError(values) from problem


@pytest.mark.parametrize("form", list(Form))
def test_a_foreign_error_is_told_and_logged_without_its_text(form):
    with pytest.raises(LeakyError) as caught:
        fail_with_secrets()

    with capture_logs() as lines:
        reply = outside(caught.value, form, "req-1")

    assert reply.status == 500
    (line,) = lines
    assert line["error_id"] == "req-1"
    assert line["error"] == ["LeakyError", "UniqueViolationError"]
    assert line["frames"][-1].endswith("fail_with_secrets")
    rendered = reply.body.decode() + repr(reply.headers) + repr(line)
    assert not [secret for secret in SECRETS if secret in rendered]


def test_what_failed_in_a_part_of_an_answer_is_logged_if_the_hub_is_to_blame():
    with capture_logs() as lines:
        log_failure(ZeroDivisionError(SECRETS[0]), "req-1")
        log_failure(InvalidRequestError("The day is past."), "req-1")

    (line,) = lines
    assert line["error"] == ["ZeroDivisionError"]
    assert SECRETS[0] not in repr(line)


class EchoingAnswers:
    """Fails with everything that it was asked in its text."""

    async def answer(self, request, /):
        raise LeakyError(f"{request.document} {request.variables} {request.caller}")


def test_nothing_of_a_request_comes_back_or_is_logged_when_a_room_below_fails(tmp_path):
    edge = new_edge(tmp_path, queries=EchoingAnswers())
    question = f'{{ person(nationalId: "{SECRETS[0]}") {{ id }} }}'
    headers = edge.bearer()

    with capture_logs() as lines:
        reply = edge.http.post(
            "/graphql",
            json={"query": question, "variables": {"secrets": SECRETS}},
            headers=headers,
        )

    assert reply.status_code == 500
    assert [line["error"] for line in lines] == [["LeakyError"]]
    rendered = reply.text + repr(reply.headers) + repr(lines)
    assert not [secret for secret in SECRETS if secret in rendered]
    assert headers["authorization"][7:] not in rendered


def test_bad_tokens_and_assertions_are_neither_told_nor_logged(edge):
    with capture_logs() as lines:
        texts = [
            edge.sign_in(SECRETS[3]).text,
            edge.sign_in(edge.assertion(sub=SECRETS[0])).text,
            edge.sign_in(edge.assertion(aud=SECRETS[0])).text,
            edge.sign_in(edge.assertion(header={"kid": SECRETS[3]})).text,
            edge.sign_in(authorization_details=SECRETS[0]).text,
            edge.sign_in(grant_type=SECRETS[0]).text,
            edge.http.post("/graphql", headers={"authorization": f"Bearer {SECRETS[3]}"}).text,
            edge.http.post("/graphql", headers={"authorization": SECRETS[3]}).text,
            edge.http.get(f"/people/{SECRETS[0]}").text,
            edge.http.get(f"/log/tile/{SECRETS[0]}", headers=edge.bearer()).text,
        ]

    rendered = "\n".join(texts) + repr(lines)
    assert not [secret for secret in SECRETS if secret in rendered]


def test_a_token_is_logged_by_its_client_and_purpose_only(edge):
    with capture_logs() as lines:
        edge.sign_in()

    assert lines == [
        {
            "event": "token issued",
            "log_level": "info",
            "client": "insurance-system",
            "purpose": "PUSH",
        }
    ]


@pytest.mark.parametrize(
    ("error", "form", "status", "code"),
    [
        (SetupError("The file /etc/x is open."), Form.PROBLEM, 500, b'"code":"SETUP"'),
        (CorruptError("Row 1."), Form.GRAPHQL, 500, b'"code":"CORRUPT"'),
        (KeyError("x"), Form.PROBLEM, 500, b'"code":"INTERNAL"'),
        (KeyError("x"), Form.OAUTH, 500, b'"error":"server_error"'),
        (HubError("x"), Form.OAUTH, 500, b'"error":"server_error"'),
        (StoreUnavailableError("Gone."), Form.PROBLEM, 503, b'"detail":"Gone."'),
    ],
)
def test_each_error_has_its_status_and_code(error, form, status, code):
    with capture_logs() as lines:
        reply = outside(error, form, "req-1")

    assert reply.status == status
    assert code in reply.body
    assert b"/etc/x" not in reply.body
    assert len(lines) == 1


def test_what_the_caller_can_mend_is_not_logged_as_our_fault():
    with capture_logs() as lines:
        outside(InvalidRequestError("No."), Form.PROBLEM, "req-1")

    assert lines == []


def test_a_challenge_holds_only_characters_that_a_header_may_have():
    error = UnauthenticatedError('say "please" \\ 请\r\nx: y')

    (header,) = outside(error, Form.PROBLEM, "req-1").headers

    assert header == (
        "www-authenticate",
        'Bearer realm="hub", error="invalid_token", error_description="say \'please\' / ???x: y"',
    )


def test_a_path_that_is_not_there_is_a_problem_document(edge):
    reply = edge.http.post("/graphiql")

    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this path.",
        "code": "NOT_FOUND",
        "requestId": reply.headers["hub-request-id"],
    }


def test_an_address_that_is_nearly_right_is_not_repeated_in_a_redirect(edge):
    assert edge.http.post("/graphql/", follow_redirects=False).status_code == 404


def test_a_web_socket_is_refused(edge):
    with pytest.raises(WebSocketDisconnect), edge.http.websocket_connect("/graphql"):
        pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnauthenticatedError("The token has expired.", "invalid_token"), "invalid_token"),
        (UnauthenticatedError("There is no token.", ""), "no token"),
        (OAuthError("invalid_client", "The assertion is not accepted.", 401), "invalid_client"),
    ],
)
def test_who_could_not_sign_in_is_logged_by_the_code_of_the_error_alone(error, code):
    with capture_logs() as logged:
        outside(error, Form.OAUTH, "request-7")

    assert logged == [
        {"event": "not signed in", "request": "request-7", "error": code, "log_level": "warning"}
    ]
