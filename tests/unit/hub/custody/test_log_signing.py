"""The log's signing key changes: who knows the old or the new one can verify meanwhile."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from audit.checkpoint import Checkpoint, NoteSigner, NoteVerifiers
from audit.errors import InvalidNoteError
from hub.custody.signing import SigningCustodian
from hub.errors import AuditUnavailableError
from hub.sealing.keyring import KeyKind, Keyring, KeyStatus
from hub.sealing.log_signing import LogSigner
from tests.fakes.audit_log import Break, FakeLog

pytestmark = pytest.mark.anyio
LOG, ORIGIN = KeyKind.LOG, "hub.example/log"
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(32))


@pytest.fixture
def keyring(tmp_path):
    ring = Keyring.open_or_create(tmp_path / "keys")
    ring.ensure(LOG)
    return ring


@pytest.fixture
def custodian(keyring):
    return SigningCustodian(keyring, FakeLog(), "op-7")


def known_to(note, *vkeys):
    """Whether somebody who knows these keys alone takes the note."""
    try:
        return NoteVerifiers.from_vkeys(vkeys).open(note) == CHECKPOINT
    except InvalidNoteError:
        return False


async def test_from_the_announcement_until_the_old_one_is_gone_both_sign(keyring, custodian):
    signer = LogSigner(keyring, ORIGIN)
    (old,) = signer.vkeys
    before = signer.sign(CHECKPOINT)
    assert before == NoteSigner(ORIGIN, keyring.primary(LOG).secret).sign(CHECKPOINT)

    made = await custodian.announce(LOG, NOW, None)
    both = signer.sign(CHECKPOINT)
    (_, new) = signer.vkeys
    begins = NOW + timedelta(days=30)
    assert made.begins == begins.isoformat(timespec="seconds")
    assert (known_to(both, old), known_to(both, new), known_to(both, old, new)) == (True,) * 3
    assert (known_to(before, old), known_to(before, new)) == (True, False)

    await custodian.settle(begins)
    assert keyring.primary(LOG).version == 2
    assert signer.sign(CHECKPOINT) == both
    await custodian.settle(begins + timedelta(days=30, seconds=1))

    after = signer.sign(CHECKPOINT)
    assert (known_to(after, old), known_to(after, new)) == (False, True)
    assert signer.vkeys == (old, new)  # what the old one signed is verified by it for good
    assert known_to(before, *signer.vkeys)
    assert LogSigner(Keyring.open(keyring._folder), ORIGIN).vkeys == (old, new)
    (gone, _) = [key for key in keyring.all() if key.kind is LOG]
    assert (gone.status, gone.secret) == (KeyStatus.RETIRED, b"")


async def test_the_log_has_on_record_which_key_begins(keyring, custodian):
    await custodian.announce(LOG, NOW, None)

    told = custodian.log.record()
    assert (told["act"], told["key"], told["version"]) == ("announce", "log-signing", 2)
    assert LogSigner(keyring, ORIGIN).vkeys[1].endswith("+" + _typed(told["public"]))


def _typed(public):
    return base64.b64encode(b"\x01" + base64.b64decode(public)).decode()


async def test_a_change_that_cannot_be_put_on_record_is_none(keyring, custodian):
    custodian.log.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await custodian.announce(LOG, NOW, None)

    assert len(LogSigner(keyring, ORIGIN).vkeys) == 1


async def test_a_process_that_has_not_heard_of_the_new_key_goes_on_with_the_same_log(
    keyring, custodian, tmp_path
):
    late = LogSigner(Keyring.open(tmp_path / "keys"), ORIGIN)
    await custodian.announce(LOG, NOW, None)

    note = LogSigner(keyring, ORIGIN).sign(CHECKPOINT)

    assert known_to(note, *late.vkeys)
    assert known_to(late.sign(CHECKPOINT), *LogSigner(keyring, ORIGIN).vkeys)
