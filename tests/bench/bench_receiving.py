"""What it costs that only the receiver can open an answer, and what others pay for it.

Everything in one process that does nothing else: medians of rounds in which all take turns.
"""

import os
from typing import Final

import orjson
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.registry import HeaderParameter

from hub.access import Caller
from hub.clock import utc_now
from hub.http.clients import load_clients, registry_entry
from hub.http.encryption import encryption_jwk
from hub.http.exchange import Incoming
from hub.http.receiving import Receivers
from hub.query.receiving import Marked, sealed_tree
from hub.sealing.recipients import JoseRecipient, value_sealer
from tests.bench.bench_sealing import Cost, turns

PEOPLE, FIELDS = 100, 10
RESPONSE: Final = "ab" * 16
PATH: Final = "/data/people/12/person/disabilityCertificates/0/category"
VALUE: Final = b'"thirty bytes of JSON and more"  '[:32]
_AT_MOST: Final = 10
_HEADERS: Final = {name: HeaderParameter(name, "str") for name in ("rid", "path")}


def _recipient(pair: ECKey | OKPKey) -> JoseRecipient:
    return JoseRecipient(encryption_jwk("a key", pair.as_dict(private=False) | {"use": "enc"}))


def values() -> list[Cost]:
    """Measure one value of 32 bytes, and the same by a library."""
    secret = os.urandom(32)
    seal = value_sealer(secret, RESPONSE, RESPONSE)
    key = OctKey.import_key(secret)
    registry = jwe.JWERegistry(_HEADERS, algorithms=["dir", "A256GCM"])
    header = {"alg": "dir", "enc": "A256GCM", "kid": RESPONSE, "rid": RESPONSE, "path": PATH}
    p256, x25519 = (
        _recipient(ECKey.generate_key("P-256")),
        _recipient(OKPKey.generate_key("X25519")),
    )
    sealed, library = turns(
        lambda: seal(PATH, VALUE),
        lambda: jwe.encrypt_compact(dict(header), VALUE, key, registry=registry),
    )
    agreed, other = turns(lambda: p256.fields(RESPONSE), lambda: x25519.fields(RESPONSE), times=300)
    return [
        Cost("a value of 32 bytes sealed at its path", sealed, f"at most {_AT_MOST}"),
        Cost("the same by joserfc", library, f"{library / sealed:.1f}x"),
        Cost("once an answer: a content key to a P-256 key", agreed),
        Cost("once an answer: a content key to an X25519 key", other),
    ]


def answers() -> list[Cost]:
    """Measure an answer of 100 people with 10 values each, clear and in both forms."""
    names = [f"field{n}" for n in range(FIELDS)]
    text = VALUE.decode().strip(' "')
    clear = {"people": [{"person": dict.fromkeys(names, text)} for _ in range(PEOPLE)]}
    marks = {
        "people": [{"person": {n: Marked(text) for n in names}} for _ in range(PEOPLE)]
    }  # fmt: skip
    to = _recipient(ECKey.generate_key("P-256"))

    def fields() -> bytes:
        told, seal = to.fields(RESPONSE)
        return orjson.dumps({"data": sealed_tree(marks, "/data", seal), "extensions": told})

    encode, sealed, whole = turns(
        lambda: orjson.dumps(clear),
        fields,
        lambda: to.whole(orjson.dumps(clear), RESPONSE, "application/json"),
        times=20,
    )
    what = f"an answer of {PEOPLE} people with {FIELDS} values"
    size = len(orjson.dumps(clear))
    return [
        Cost(f"{what}, encoded clear", encode, f"{size:,} bytes"),
        Cost(f"{what}, each value sealed", sealed, f"{len(fields()):,} bytes"),
        Cost(
            f"{what}, encrypted whole", whole, f"{(whole - encode) / size * 1e3:.1f} us a kB more"
        ),
    ]


def others() -> list[Cost]:
    """Measure what a client pays whose answers leave clear: one look at its registration."""
    entry = registry_entry("a-client", "tax", "clerk", ["PUSH"], ECKey.generate_key("P-256"))
    clients = load_clients(entry, str)
    receivers = Receivers(clients, utc_now, lambda: None)  # type: ignore[arg-type,return-value]
    caller = Caller("tax", "clerk", "PUSH", "a-client")
    headers = {b"accept": b"application/json", b"content-type": b"application/json"}
    incoming = Incoming({}, None, headers, "r")  # type: ignore[arg-type]
    (looked,) = turns(lambda: receivers.receiving(caller, incoming), times=50_000)
    return [Cost("a request of a client whose answers leave clear: the look", looked)]


def run() -> None:
    """Print the figures."""
    print("| what | us | |")
    print("|---|--:|---|")
    for cost in [*values(), *answers(), *others()]:
        print(f"| {cost.what} | {cost.us:,.2f} | {cost.bound} |")
