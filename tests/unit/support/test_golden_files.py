import pytest

from tests.support.golden import assert_same


def test_a_file_that_is_as_made_passes_and_stays(tmp_path):
    (tmp_path / "page").write_text("made")

    assert_same(tmp_path / "page", "made", {})

    assert (tmp_path / "page").read_text() == "made"


@pytest.mark.parametrize(
    "environ", [{}, {"HUB_GOLDEN": "read"}, {"HUB_GOLDEN": "write", "CI": "true"}]
)
def test_a_file_that_differs_fails_and_is_kept_unless_writing_was_asked_for(tmp_path, environ):
    (tmp_path / "page").write_text("kept")

    with pytest.raises(AssertionError, match="make golden"):
        assert_same(tmp_path / "page", "made", environ)

    assert (tmp_path / "page").read_text() == "kept"


def test_a_missing_file_fails_and_is_not_made(tmp_path):
    with pytest.raises(AssertionError):
        assert_same(tmp_path / "page", "made", {})

    assert not (tmp_path / "page").exists()


def test_writing_puts_what_was_made_into_the_file(tmp_path):
    assert_same(tmp_path / "docs" / "page", "made", {"HUB_GOLDEN": "write"})

    assert (tmp_path / "docs" / "page").read_text() == "made"
