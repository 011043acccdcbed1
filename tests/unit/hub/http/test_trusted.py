"""A client names registered documents by their hash; one that is bound to them runs no other."""

import json

import pytest

from hub.http.clients import load_clients, registry_entry
from hub.http.trusted import DocumentFolder, TrustedDocuments, hash_of
from tests.support.edge import CLIENT, new_edge

TEXT = "query Known { person { id } }"
OTHER = "query Unknown { person { region } }"


class Recorded:
    """Keeps what is put on record."""

    def __init__(self):
        self.entries = []

    async def refused(self, asked, refusal, outcome="refused"):
        self.entries.append((asked, refusal.code, outcome))
        return True


class Hub:
    """An edge whose client has one registered document."""

    def __init__(self, folder, bound):
        self.seconds = 0.0
        self.documents = DocumentFolder(folder / "documents")
        self.documents.add(CLIENT, TEXT)
        self.record = Recorded()
        trusted = TrustedDocuments(
            self.documents,
            frozenset({CLIENT} if bound else ()),
            self.record,
            lambda: self.seconds,
        )
        self.edge = new_edge(folder, trusted=trusted)

    def post(self, path="/graphql", **members):
        body = json.dumps(members)
        headers = self.edge.bearer() | {"content-type": "application/json"}
        return self.edge.http.post(path, content=body, headers=headers)

    @property
    def ran(self):
        return [request.document for request in self.edge.queries.asked]


@pytest.fixture
def bound(tmp_path):
    return Hub(tmp_path, bound=True)


@pytest.fixture
def free(tmp_path):
    return Hub(tmp_path, bound=False)


def apollo(text):
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}}


def draft(text):
    return {"documentId": f"sha256:{hash_of(text)}"}


@pytest.mark.parametrize(
    "members",
    [
        apollo(TEXT),
        draft(TEXT),
        {"query": TEXT},
        {"query": TEXT} | apollo(TEXT),
        {**draft(TEXT), **apollo(TEXT)},
    ],
    ids=["apollo", "draft", "text", "both", "named twice"],
)
@pytest.mark.parametrize("hub", ["bound", "free"])
def test_a_registered_document_runs_by_its_hash_or_its_text(request, hub, members):
    hub = request.getfixturevalue(hub)

    assert hub.post(**members, variables={"n": 1}).status_code == 200
    assert hub.ran == [TEXT]
    assert hub.edge.queries.asked[0].variables == {"n": 1}
    assert hub.record.entries == []


@pytest.mark.parametrize(
    "members",
    [
        apollo(OTHER),
        draft(OTHER),
        {"query": OTHER},
        {"query": OTHER} | apollo(OTHER),
        {"query": TEXT + " "},
    ],
    ids=["apollo", "draft", "text", "both", "a blank more"],
)
def test_a_bound_client_runs_nothing_else_and_that_is_on_record(bound, members):
    reply = bound.post(**members)

    assert reply.status_code == 403
    assert reply.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert bound.ran == []
    ((asked, code, outcome),) = bound.record.entries
    assert (asked.caller.client_id, code, outcome) == (CLIENT, "DOCUMENT_NOT_TRUSTED", "refused")


@pytest.mark.parametrize("channel", ["graphql", "export"])
def test_the_record_says_by_which_way_it_was_asked(bound, channel):
    assert bound.post(f"/{channel}", query=OTHER).status_code == 403

    ((asked, _, _),) = bound.record.entries
    assert (asked.channel, asked.document) == (channel, hash_of(OTHER))


def test_another_client_sends_what_it_likes_and_is_told_to_send_it(free):
    assert free.post(query=OTHER).status_code == 200
    reply = free.post(**apollo(OTHER))

    assert reply.status_code == 400
    assert reply.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert reply.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert free.ran == [OTHER]


@pytest.mark.parametrize(
    "members",
    [
        {"query": TEXT} | apollo(OTHER),
        {"documentId": hash_of(TEXT)},
        {"documentId": "md5:" + hash_of(TEXT)},
        {"documentId": "sha256:" + hash_of(TEXT).upper()},
        {"documentId": "sha256:../../secret"},
        {"documentId": 7},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hash_of(TEXT)}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": hash_of(TEXT)}},
        {**draft(TEXT), **apollo(OTHER)},
        {"query": 7, **draft(TEXT)},
    ],
)
def test_a_name_of_another_form_or_of_another_text_is_400(free, members):
    assert free.post(**members).status_code == 400
    assert free.ran == []


def test_mutations_by_hash_go_to_the_commands(bound):
    text = "mutation M { recognise { id } }"
    bound.documents.add(CLIENT, text)
    bound.post(**draft(text))

    assert [request.document for request in bound.edge.commands.asked] == [text]


def test_a_document_of_another_client_is_none_of_this_ones(bound):
    bound.documents.add("another-client", OTHER)

    assert bound.post(**apollo(OTHER)).status_code == 403


def test_what_is_added_or_removed_holds_within_a_second(bound):
    assert bound.post(**apollo(TEXT)).status_code == 200
    bound.documents.remove(CLIENT, hash_of(TEXT))
    bound.documents.add(CLIENT, OTHER)
    bound.seconds += 1.5

    assert bound.post(**apollo(OTHER)).status_code == 200
    assert bound.post(**apollo(TEXT)).status_code == 403
    assert bound.post(query=TEXT).status_code == 403


def test_a_file_whose_text_was_changed_counts_as_none(bound):
    file = bound.documents.path / CLIENT / f"{hash_of(TEXT)}.graphql"
    file.write_text(OTHER)

    assert bound.post(**apollo(TEXT)).status_code == 403
    assert bound.documents.text(CLIENT, hash_of(TEXT)) is None


def test_a_document_keeps_its_line_ends(bound):
    text = "query A {\r\n  person { id }\r\n}\n"
    bound.documents.add(CLIENT, text)

    assert bound.documents.text(CLIENT, hash_of(text)) == text


def test_the_folder_lists_what_is_registered(bound):
    bound.documents.add(CLIENT, OTHER)
    (bound.documents.path / CLIENT / "notes.graphql").write_text("no document")

    assert bound.documents.names(CLIENT) == sorted([hash_of(TEXT), hash_of(OTHER)])
    assert bound.documents.names("nobody") == []
    assert not bound.documents.remove(CLIENT, hash_of("none"))


def test_the_registry_says_which_clients_are_bound_and_what_quota_they_have(bound):
    entry = registry_entry("bound-system", "medical-insurance", "clerk", ["PUSH"], bound.edge.key)
    client = load_clients(f'{entry}documents = "trusted"\nquota = 5000\n', str)["bound-system"]
    plain = load_clients(entry, str)["bound-system"]

    assert (client.is_bound, client.quota) == (True, 5_000)
    assert (plain.is_bound, plain.quota) == (False, None)
