"""Where departments' systems are is read from one file, which keeps its passwords to its owner."""

import pytest

from hub.commands.places import read_places
from hub.errors import SetupError

SECRET = "quite-secret"


def written(path, url, mode):
    path.write_text(f'[medical-insurance]\nurl = "{url}"\n', encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_hub_without_the_file_has_no_sources(tmp_path):
    assert read_places(tmp_path / "none").sources == {}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_password_that_others_may_read_is_refused_and_not_repeated(tmp_path, mode):
    path = written(tmp_path / "d.toml", f"postgresql://hub:{SECRET}@127.0.0.1/x", mode)

    with pytest.raises(SetupError, match="chmod 600") as caught:
        read_places(path)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        (f"postgresql://hub:{SECRET}@127.0.0.1/x", 0o600),
        ("sqlite:////srv/drop.db", 0o644),
        ("https://register.example/changes", 0o644),
    ],
)
def test_a_file_of_its_owner_or_without_passwords_is_read(tmp_path, url, mode):
    places = read_places(written(tmp_path / "d.toml", url, mode))

    assert places.sources["medical-insurance"]["url"] == url
    assert SECRET not in repr(places)


def test_paths_are_relative_to_the_file_whichever_setting_holds_them(tmp_path):
    names = ("token_file", "registers_token_file", "key_file", "folder", "roster")
    lines = [f'{name} = "there/x"' for name in names]
    path = tmp_path / "d.toml"
    path.write_text("\n".join(["[natural-resources]", *lines, 'unit = "there/x"']), "utf-8")

    places = read_places(path).sources["natural-resources"]

    assert {places[name] for name in names} == {str(tmp_path / "there" / "x")}
    assert places["unit"] == "there/x"
