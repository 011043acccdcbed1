"""The database keeps all its pages in memory, but takes no more than a quarter of what there is."""

import os

import pytest

from hub.store.embedded.configuration import server_settings
from hub.store.embedded.memory import memory_mb, page_cache_mb, stored_mb

MACHINE_MB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20


@pytest.mark.parametrize(
    ("memory", "stored", "cache"),
    [
        *((0, 0, 128), (511, 9_999, 128), (1_024, 0, 256), (2_048, 9_999, 512)),
        *((8_192, 0, 512), (8_192, 400, 512), (8_192, 600, 768), (8_192, 9_999, 2_048)),
        *((16_384, 3_000, 3_072), (16_384, 9_999, 4_096), (1 << 20, 1 << 20, 4_096)),
    ],
)
def test_what_is_stored_has_room_up_to_a_quarter(memory, stored, cache):
    assert page_cache_mb(memory, stored) == cache


def test_a_container_that_may_have_less_is_believed(tmp_path):
    (tmp_path / "max").write_text("max\n")
    (tmp_path / "small").write_text(f"{300 << 20}\n")
    (tmp_path / "huge").write_text(f"{1 << 62}\n")
    (tmp_path / "odd").write_bytes(b"\xff")
    names = ("absent", "max", "huge", "odd")

    assert memory_mb(tuple(tmp_path / name for name in names)) == MACHINE_MB
    assert memory_mb(tuple(tmp_path / name for name in (*names, "small"))) == 300


def test_the_server_is_started_with_it(tmp_path):
    (tmp_path / "base" / "5").mkdir(parents=True)
    with (tmp_path / "base" / "5" / "1").open("wb") as file:
        file.truncate(700 << 20)
    settings = server_settings(tmp_path, tmp_path, tmp_path)

    assert stored_mb(tmp_path / "base") == 700
    assert stored_mb(tmp_path / "absent") == 0
    assert settings["shared_buffers"] == f"{page_cache_mb(memory_mb(), 700)}MB"
