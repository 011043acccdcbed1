"""The leak search itself finds what it is there to find."""

import base64
import json

import pytest

from tests.support.leaks import Planted, Search

NAME = Planted("name", "欧阳测试")
AMOUNT = Planted("amount", "123456789", 123456789)


@pytest.mark.parametrize(
    "content",
    [
        "…欧阳测试…".encode(),
        "欧阳测试".encode("gb18030"),
        "x欧阳测试".encode("utf-16-le"),
        "欧阳测试".encode("utf-16-be"),
        "欧阳测试".encode().hex().encode(),
        "欧阳测试".encode().hex().upper().encode(),
        json.dumps("欧阳测试").encode(),
        json.dumps("欧阳测试").upper().replace("\\U", "\\u").encode(),
        base64.b64encode("欧阳测试".encode()),
        base64.b64encode(b"a" + "欧阳测试".encode() + b"tail"),
        base64.b64encode(b"ab" + "欧阳测试".encode() + b"zz"),
    ],
)
def test_a_name_is_found_in_every_encoding(content, tmp_path):
    (tmp_path / "file").write_bytes(b"\0" * 100 + content + b"\0" * 100)

    hits, read = Search([NAME]).in_tree(tmp_path)

    assert {hit.label for hit in hits} == {"name"}
    assert read == 200 + len(content)


@pytest.mark.parametrize("order", ["little", "big"])
def test_an_amount_is_found_as_an_integer(order, tmp_path):
    (tmp_path / "file").write_bytes(b"\xff" * 9 + (123456789).to_bytes(8, order))

    hits, _ = Search([AMOUNT]).in_tree(tmp_path)

    assert [hit.form for hit in hits] == [f"int8-{order}"]


def test_a_value_across_two_windows_is_found_once(tmp_path):
    (tmp_path / "file").write_bytes(b"." * 60 + "欧阳测试".encode() + b"." * 60)

    hits = Search([NAME]).in_file(tmp_path / "file", window=64)

    assert [hit.form for hit in hits] == ["utf-8"]
    assert hits[0].offset == 71


def test_what_is_left_out_is_not_searched(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "file").write_bytes("欧阳测试".encode())

    assert Search([NAME]).in_tree(tmp_path, leave_out=[tmp_path / "keys"]) == ([], 0)
