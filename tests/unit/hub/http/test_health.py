import anyio
import pytest

from tests.support.edge import new_edge


def test_a_living_process_says_so_without_looking_at_anything(edge):
    reply = edge.http.get("/health/live")

    assert (reply.status_code, reply.json()) == (200, {"status": "live"})


def test_what_is_missing_is_named_in_one_word(tmp_path):
    edge = new_edge(tmp_path, log_is_open=lambda: False)

    reply = edge.http.get("/health/ready")

    assert reply.status_code == 503
    assert reply.json() == {
        "status": "not ready",
        "checks": {"database": "down", "log": "down", "keys": "ok", "seals": "down"},
        "witness": "none",
    }


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "length"), [("HEAD", 0), ("GET", 17)])
async def test_only_get_gets_a_body(method, length, tmp_path):
    edge = await anyio.to_thread.run_sync(new_edge, tmp_path)
    scope = {"type": "http", "method": method, "path": "/health/live", "headers": []}
    sent = []

    async def send(message):
        sent.append(message)

    await edge.http.app(scope, anyio.sleep_forever, send)

    assert len(sent[1]["body"]) == length


def test_head_gets_the_headers_of_get_without_a_body(edge):
    reply = edge.http.head("/health/live")

    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-length"] == "17"
