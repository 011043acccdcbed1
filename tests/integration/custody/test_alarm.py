"""A broken seal is counted, on record, and somebody is told: not too often, and not in vain."""

import asyncio
import json
import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from hub.app import opened
from hub.cli import application
from hub.custody.alarm import PAUSE, Alarm, Hook
from hub.errors import AuditUnavailableError, SealBrokenError
from hub.http.health import Health
from hub.sealing.broken import EVENT, Break, Reason, broken, listening
from hub.sealing.keyring import HUB, KeyKind, Keyring
from hub.settings import load_settings
from hub.store.breaks import all_breaks, settle_breaks
from hub.store.database import Database
from tests.fakes.audit_log import Break as LogBreak
from tests.fakes.audit_log import FakeLog
from tests.support.edge import SetClock, new_keyring
from tests.support.postgres import fresh_database

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PLACE = ("public-security", "population", Reason.VALUE)


@pytest.fixture(scope="module")
def ready(postgres_server, migrated):
    with fresh_database(postgres_server, migrated) as dsn:
        yield urlsplit(dsn).path.removeprefix("/")


@pytest.fixture
def own(postgres_server, ready):
    with fresh_database(postgres_server, ready) as dsn:
        yield dsn


@pytest.fixture
async def store(own):
    database = Database(own, size=3)
    yield database
    await database.close()


@pytest.fixture
def pager(tmp_path):
    """A program that writes what it gets, a line each, and ends as `status` says."""
    program = tmp_path / "pager"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "with (here / 'told').open('a') as told:\n"
        "    told.write(sys.stdin.read())\n"
        "(here / 'environment').write_text(' '.join(sorted(os.environ)))\n"
        "sys.exit(int((here / 'status').read_text()))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "status").write_text("0")
    return program


def told(folder):
    """Return what the program was told, the first first."""
    file = folder / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def alarm_of(store, log=None, clock=None, command=()):
    hook = Hook(command, "hub.test/log") if command else None
    return Alarm(store, log or FakeLog(), clock or SetClock(), hook)


async def until(holds):
    """Return once it holds."""
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - another process, or the database, says so
            await asyncio.sleep(0.05)


async def counted(store):
    async with store.connection() as connection:
        return {(b.department, b.dataset, b.reason): b.found for b in await all_breaks(connection)}


def test_the_error_is_in_the_log_at_once_with_nothing_of_anybody():
    heard = []
    with capture_logs() as lines, listening(heard.append):
        problem = broken(*PLACE, "A value of population.phone does not authenticate.")

    assert isinstance(problem, SealBrokenError)
    assert heard == [Break(*PLACE)]
    place = dict(zip(("department", "dataset", "reason"), PLACE, strict=True))
    assert lines == [{"event": EVENT, "log_level": "error", **place}]


async def test_it_is_counted_by_place_and_on_record_and_told_once(
    store, pager, tmp_path, monkeypatch
):
    monkeypatch.setenv("HUB_PKCS11_PIN", "not for others")
    log, clock = FakeLog(), SetClock()
    alarm = alarm_of(store, log, clock, [str(pager)])
    async with alarm.watching():
        for _ in range(3):
            broken(*PLACE, "said")
        broken("tax", "personal_income", Reason.SUITE, "said")
        await alarm.settle()
        await alarm.settle()

    assert await counted(store) == {PLACE: 3, ("tax", "personal_income", "suite"): 1}
    entries = [log.record(n) for n in range(len(log.entries))]
    assert [(e["act"], e["owner"], e["dataset"], e["found"]) for e in entries] == [
        ("seal broken", "public-security", "population", 3),
        ("seal broken", "tax", "personal_income", 1),
    ]
    assert all(not entry.subjects for entry in log.entries)
    (page,) = told(tmp_path)
    assert (page["event"], page["hub"]) == (EVENT, "hub.test/log")
    assert [(p["dataset"], p["found"]) for p in page["places"]] == [
        ("population", 3),
        ("personal_income", 1),
    ]
    assert "HUB_PKCS11_PIN" not in (tmp_path / "environment").read_text()


async def test_within_five_minutes_nobody_is_told_again_and_then_of_all_that_is_new(
    store, pager, tmp_path
):
    clock = SetClock()
    first, second = (alarm_of(store, clock=clock, command=[str(pager)]) for _ in range(2))
    first.hear(Break(*PLACE))
    await first.settle()
    second.hear(Break(*PLACE))
    second.hear(Break("tax", "personal_income", Reason.VALUE))
    await second.settle()
    assert len(told(tmp_path)) == 1

    clock.now += PAUSE
    await first.settle()
    clock.now += PAUSE
    await second.settle()

    assert [[p["found"] for p in page["places"]] for page in told(tmp_path)] == [[1], [2, 1]]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/nowhere/pager"], "FileNotFoundError"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "exit status"),
        ([sys.executable, "-c", "import time; time.sleep(600)"], "no end in time"),
    ],
)
async def test_a_command_that_fails_is_in_the_log_and_run_again_later(store, command, why):
    clock = SetClock()
    alarm = Alarm(store, FakeLog(), clock, Hook(command, "hub", patience_s=1.0))
    alarm.hear(Break(*PLACE))
    with capture_logs() as lines:
        await alarm.settle()
        await alarm.settle()
        clock.now += PAUSE
        await alarm.settle()

    failed = [line for line in lines if line["event"] == "alarm.failed"]
    assert [(line["log_level"], line["why"]) for line in failed] == [("error", why)] * 2
    assert await counted(store) == {PLACE: 1}


async def test_what_a_hanging_command_started_ends_with_it(store, tmp_path):
    script = f"sleep 600 & echo $! > {tmp_path}/child; sleep 600"
    hook = Hook(["/bin/sh", "-c", script], "hub", patience_s=1.0)
    alarm = Alarm(store, FakeLog(), SetClock(), hook)
    alarm.hear(Break(*PLACE))
    await alarm.settle()
    stat_of = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"

    async def has_ended():
        try:
            return stat_of.read_text("ascii").split()[2] == "Z"
        except FileNotFoundError:
            return True

    await until(has_ended)


@pytest.mark.parametrize("when", list(LogBreak))
async def test_what_cannot_be_put_on_record_is_not_counted_and_not_lost(store, when):
    log = FakeLog()
    alarm = alarm_of(store, log)
    alarm.hear(Break(*PLACE))
    log.breaks = when
    with pytest.raises(AuditUnavailableError):
        await alarm.settle()
    assert await counted(store) == {}

    log.breaks = None
    await alarm.settle()
    assert await counted(store) == {PLACE: 1}


async def test_what_is_tried_again_and_again_is_counted_each_time_and_on_record_once_in_a_while(
    store,
):
    log, clock = FakeLog(), SetClock()
    alarm = alarm_of(store, log, clock)
    for _ in range(4):
        alarm.hear(Break(*PLACE))
        await alarm.settle()
        clock.now += timedelta(seconds=5)
    assert [log.record(n)["found"] for n in range(len(log.entries))] == [1]
    clock.now += PAUSE
    await alarm.settle()
    alarm.hear(Break(*PLACE))
    await alarm.settle(is_last=True)

    assert [log.record(n)["found"] for n in range(len(log.entries))] == [1, 3, 1]
    assert await counted(store) == {PLACE: 5}


async def test_what_is_found_last_is_written_down_at_the_end(store):
    alarm = alarm_of(store)
    async with alarm.watching():
        await asyncio.to_thread(broken, *PLACE, "said")
        broken(*PLACE, "said")

    assert await counted(store) == {PLACE: 2}
    broken(*PLACE, "said")
    assert await counted(store) == {PLACE: 2}


async def test_it_is_written_down_by_itself_while_it_goes_on(store):
    alarm = alarm_of(store)
    async with alarm.watching():
        broken(*PLACE, "said")
        await until(lambda: counted(store))


async def test_without_a_command_it_is_told_once_there_is_one(store, pager, tmp_path):
    clock = SetClock()
    quiet, loud = alarm_of(store, clock=clock), alarm_of(store, clock=clock, command=[str(pager)])
    quiet.hear(Break(*PLACE))
    await quiet.settle()
    assert told(tmp_path) == []

    clock.now += timedelta(days=1)
    await loud.settle()
    assert len(told(tmp_path)) == 1


async def test_what_is_settled_is_counted_from_the_beginning(store):
    alarm = alarm_of(store)
    alarm.hear(Break(*PLACE))
    alarm.hear(Break("tax", "personal_income", Reason.VALUE))
    await alarm.settle()
    async with store.transaction() as connection:
        settled = await settle_breaks(connection, "public-security")
    assert [each.department for each in settled] == ["public-security"]
    assert await counted(store) == {("tax", "personal_income", "value"): 1}

    alarm.hear(Break(*PLACE))
    await alarm.settle()
    assert (await counted(store))[PLACE] == 1


async def test_readiness_says_it_and_stays(store, tmp_path):
    keyring = new_keyring(tmp_path / "keys")
    health = Health(store, lambda: True, keyring)
    whole = await health.ready(None)
    alarm = alarm_of(store)
    alarm.hear(Break(*PLACE))
    await alarm.settle()
    broken_one = await health.ready(None)

    assert json.loads(whole.body)["checks"]["seals"] == "ok"
    assert (whole.status, broken_one.status) == (200, 200)
    said = json.loads(broken_one.body)
    assert (said["status"], said["checks"]["seals"]) == ("ready", "broken")


def commands(own, folder, monkeypatch):
    """Return a function that runs a command of a hub with this database and keys of its own."""
    keyring = Keyring.open_or_create(folder / "home" / "keys")
    for kind in KeyKind:
        keyring.ensure(kind, "public-security" if kind is KeyKind.DEPARTMENT else HUB)
    monkeypatch.setenv("HUB_DATABASE_URL", own)
    monkeypatch.setenv("HUB_HOME", str(folder / "home"))
    return lambda *words: CliRunner().invoke(application(words[0]), words)


def test_the_operator_sees_it_and_settles_it_on_record(own, tmp_path, monkeypatch):
    hub = commands(own, tmp_path, monkeypatch)

    async def find():
        async with opened(load_settings()):
            broken(*PLACE, "said")

    before = hub("doctor").stdout
    assert hub("seals", "status").exit_code == 0
    asyncio.run(find())
    shown, metrics, doctor = (
        hub("seals", "status"),
        hub("seals", "status", "--metrics"),
        hub("doctor"),
    )
    settled = hub("seals", "settle", "--by", "op-7", "--why", "restored")

    assert "ok   seals: none was found broken; alarm_command is not set" in before
    assert (shown.exit_code, doctor.exit_code) == (1, 1)
    assert "public-security  population  value  1 times" in shown.stdout
    labels = 'department="public-security",dataset="population",reason="value"'
    assert f"hub_seals_broken{{{labels}}} 1" in metrics.stdout
    assert "BAD  seals: 1 times broken: population of public-security (value)" in doctor.stdout
    assert "settled: public-security" in settled.stdout
    assert hub("seals", "status").exit_code == 0


def test_the_doctor_fails_on_keys_that_are_older_than_the_setting_says(own, tmp_path, monkeypatch):
    hub = commands(own, tmp_path, monkeypatch)
    keyring = Keyring.open(tmp_path / "home" / "keys")
    old = keyring.primary(KeyKind.DEPARTMENT, "public-security")
    with keyring.changing():
        keyring.put(replace(old, since="2020-01-01"))
    late, status = hub("doctor"), hub("keys", "status")
    monkeypatch.setenv("HUB_KEY_OVERDUE_DAYS", "100000")
    patient = hub("doctor")

    assert (late.exit_code, status.exit_code) == (1, 1)
    found = "BAD  key ages: older than 365 days: department of public-security v1"
    assert found in late.stdout
    assert "hub keys rotate" in late.stdout
    assert "ok   key ages: none is older than 100000 days" in patient.stdout
    assert hub("keys", "status").exit_code == 0
