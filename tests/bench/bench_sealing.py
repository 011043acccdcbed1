"""What sealing costs beside the bare cipher, in either suite, and how fast keys change.

The first two are of one process that does nothing else: medians of several rounds, turn by turn
with what they are compared with. The last is of a hub in which people are: the command's own
processor time, the database's, and the clock's.
"""

import asyncio
import secrets
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.app import opened
from hub.custody.resealing import Choice, Renewer
from hub.custody.rotation import Custodian
from hub.query.bind import day_of
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.seals import aad_prefix, opener, resealer, seal
from hub.sealing.suites import ALGORITHMS, Suite, sm4_decrypt, sm4_encrypt
from hub.sealing.tags import Tagger, ensure_tag_keys
from hub.settings import load_settings
from tests.bench.bench_size import home_of
from tests.bench.cpu import database_us

ROUNDS: Final = 9
TIMES: Final = 5_000
PEOPLE, FIELDS = 100, 10
DEPARTMENT: Final = "public-security"
VALUE: Final = ["00000000000000000000000000"]
"""Thirty bytes of JSON, which are sealed as 32."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one operation takes, in microseconds, and what it may."""

    what: str
    us: float
    bound: str = ""


def turns(*works: Callable[[], object], times: int | None = None) -> list[float]:
    """Return microseconds of processor time of each, median of rounds in which all take turns."""
    times = times or TIMES
    found: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, seen in zip(works, found, strict=True):
            began = time.process_time()
            for _ in range(times):
                work()
            seen.append((time.process_time() - began) * 1e6 / times)
    return [statistics.median(seen) for seen in found]


@dataclass(frozen=True, slots=True)
class Ciphers:
    """The bare calls that a suite is measured beside; `key` is a data key's."""

    name: str
    encrypt: Callable[[bytes, bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes, bytes], bytes]


BARE: Final = {
    Suite.AES: Ciphers(
        "AES-256-GCM",
        lambda key, nonce, plain, aad: AESGCM(key).encrypt(nonce, plain, aad),
        lambda key, nonce, sealed, aad: AESGCM(key).decrypt(nonce, sealed, aad),
    ),
    Suite.SM: Ciphers("SM4-GCM", sm4_encrypt, sm4_decrypt),
}


def values() -> list[Cost]:
    """Measure one field of 32 bytes beside the bare call, in either suite, turn by turn."""
    identity, version = uuid4().bytes, uuid4().bytes
    prefix = aad_prefix(DEPARTMENT, "population", "name")
    open_one = opener(DEPARTMENT, "population", "name")
    nonce, plain, aad = bytes(12), bytes(32), prefix + identity + version
    works: list[Callable[[], object]] = []
    for suite, bare in BARE.items():
        key = secrets.token_bytes(ALGORITHMS[suite].key_bytes)
        sealed = seal(key, prefix, identity, version, VALUE)
        made = bare.encrypt(key, nonce, plain, aad)
        works += [
            partial(bare.encrypt, key, nonce, plain, aad),
            partial(seal, key, prefix, identity, version, VALUE),
            partial(bare.decrypt, key, nonce, made, aad),
            partial(open_one, key, identity, version, sealed),
        ]
    ready = AESGCM(bytes(32))
    at_hand, *took = turns(lambda: ready.encrypt(nonce, plain, aad), *works)
    costs = [Cost("bare AES-256-GCM, 32 bytes encrypted, the cipher at hand", at_hand)]
    for n, (suite, bare) in enumerate(BARE.items()):
        encrypt, seal_us, decrypt, open_us = took[4 * n : 4 * n + 4]
        of_suite = f"suite {int(suite)}"
        costs += [
            Cost(f"bare {bare.name}, 32 bytes encrypted, the key at hand", encrypt),
            Cost(f"a field sealed, {of_suite}", seal_us, _times(seal_us, encrypt)),
            Cost(f"bare {bare.name}, 32 bytes decrypted, the key at hand", decrypt),
            Cost(f"a field opened, {of_suite}", open_us, _times(open_us, decrypt)),
        ]
    return costs


def _times(ours: float, bare: float) -> str:
    return f"{ours / bare:.2f}x the bare call (at most 2)"


def pages(folder: Path, suite: Suite) -> list[Cost]:
    """Measure a page of 100 people with 10 fields each: keys remembered, and keys unwrapped."""
    keyring = Keyring.open_or_create(folder)
    keyring.ensure(KeyKind.DEPARTMENT, DEPARTMENT, suite=suite)
    keys = DataKeys(keyring)
    openers = [opener(DEPARTMENT, "population", f"field{n}") for n in range(FIELDS)]
    prefixes = [aad_prefix(DEPARTMENT, "population", f"field{n}") for n in range(FIELDS)]
    rows = []
    for _ in range(PEOPLE):
        raw, wrapped = keys.new(DEPARTMENT)
        who, version = uuid4().bytes, uuid4().bytes
        rows.append((wrapped, who, version, [seal(raw, p, who, version, VALUE) for p in prefixes]))

    def page(keys: DataKeys) -> None:
        for wrapped, who, version, sealed in rows:
            raw = keys.open(DEPARTMENT, wrapped.key_version, wrapped.wrapped, wrapped.commitment)
            for open_one, value in zip(openers, sealed, strict=True):
                open_one(raw, who, version, value)

    page(keys)
    warm, cold = turns(lambda: page(keys), lambda: page(DataKeys(keyring)), times=20)
    what = f"a page of {PEOPLE} people with {FIELDS} fields, suite {int(suite)}"
    bound = "at most 4,000" if suite is Suite.AES else ""
    return [
        Cost(f"{what}, keys at hand", warm, bound),
        Cost(f"{what}, keys unwrapped", cold, f"{cold / warm:.2f}x"),
    ]


def tags(folder: Path) -> list[Cost]:
    """Measure the tags of a thousand citizen numbers, in either suite, turn by turn."""
    taggers = []
    for suite in Suite:
        keyring = Keyring.open_or_create(folder / f"tags-{suite.word}")
        ensure_tag_keys(keyring, "", suite)
        keyring.ensure(KeyKind.SUBJECT, suite=suite)
        taggers.append(Tagger(keyring))
    numbers = [f"69010619790315{n:04}" for n in range(1_000)]

    def tagged(tagger: Tagger) -> None:
        for number in numbers:
            tagger.person(number)

    took = turns(*(partial(tagged, tagger) for tagger in taggers), times=5)
    what = "1,000 citizen numbers tagged, suite"
    costs = [Cost(f"{what} {int(suite)}", us) for suite, us in zip(Suite, took, strict=True)]
    return [costs[0], replace(costs[1], bound=f"{took[1] / took[0]:.2f}x suite 1")]


async def _renewed(home: Path) -> list[Cost]:
    async with opened(load_settings(home=home)) as core:
        parts = (core.database, core.catalogue, core.keyring, core.tagger, core.log)
        used = time.process_time(), database_us(home)
        began = time.perf_counter()
        done = await Renewer(*parts, "bench").renew(DEPARTMENT, Choice(anew=True), lambda *_: None)
        seconds = time.perf_counter() - began
        ours = (time.process_time() - used[0]) * 1e6
        theirs = database_us(home) - used[1]
    what = f"each of {done.keys:,} data keys replaced, with {done.values:,} values sealed anew"
    return [
        Cost(
            f"{what}: {who}",
            us / done.keys,
            f"{1e6 * done.keys / us:,.0f} keys, {1e6 * done.values / us:,.0f} values a second{of}",
        )
        for who, us, of in (
            ("the clock", seconds * 1e6, ""),
            ("the command", ours, " of a core"),
            ("the database", theirs, " of a core"),
        )
    ]


def _resealed() -> list[Cost]:
    """Measure one value sealed anew, which is opened and sealed, without a database."""
    one, two, identity, version = (secrets.token_bytes(n) for n in (32, 32, 16, 16))
    anew = resealer(DEPARTMENT, "population", "name")
    prefix = aad_prefix(DEPARTMENT, "population", "name")
    sealed = seal(one, prefix, identity, version, VALUE)
    (us,) = turns(lambda: anew(one, two, identity, version, sealed))
    return [Cost("a field sealed anew under another data key", us, f"{1e6 / us:,.0f} a second")]


async def _rotated(home: Path) -> list[Cost]:
    async with opened(load_settings(home=home)) as core:
        custodian = Custodian(core.database, core.keyring, core.log, "bench")
        used = time.process_time(), database_us(home)
        began = time.perf_counter()
        done = await custodian.rotate(DEPARTMENT, day_of(core.clock()), lambda *_: None, anew=True)
        seconds = time.perf_counter() - began
        ours = (time.process_time() - used[0]) * 1e6
        theirs = database_us(home) - used[1]
    count = done.wrapped
    what = f"each of {count:,} data keys wrapped anew"
    return [
        Cost(f"{what}: the clock", seconds * 1e6 / count, f"{count / seconds:,.0f} a second"),
        Cost(f"{what}: the command", ours / count, f"{1e6 * count / ours:,.0f} a second of a core"),
        Cost(f"{what}: the database", theirs / count),
    ]


def run(people: int) -> None:
    """Print the figures."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hub-bench-")))
        costs = [*values(), *_resealed()]
        for suite in Suite:
            costs += pages(folder / suite.word, suite)
        costs += tags(folder)
        home = home_of(stack, people)
        costs += asyncio.run(_rotated(home))
        costs += asyncio.run(_renewed(home))
    print("| what | us | |")
    print("|---|--:|---|")
    for cost in costs:
        print(f"| {cost.what} | {cost.us:,.2f} | {cost.bound} |")
