import pytest

from hub.settings import InvalidSettingsError, Settings, load_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUB_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_home_is_a_folder_in_the_current_one_unless_it_is_set(tmp_path):
    assert load_settings().home == tmp_path / ".hub"


def test_an_empty_variable_counts_as_not_set(monkeypatch, tmp_path):
    monkeypatch.setenv("HUB_HOME", "")

    assert load_settings().home == tmp_path / ".hub"


def test_a_list_in_the_environment_that_is_no_json_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("HUB_DATASET_PACKAGES", "one,two")

    with pytest.raises(InvalidSettingsError, match="dataset_packages"):
        load_settings()


def test_files_lie_in_the_home_that_was_set(monkeypatch, tmp_path):
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "elsewhere"))

    settings = load_settings()

    assert settings.policy_file == tmp_path / "elsewhere" / "policy.toml"
    assert settings.key_folder.parent == tmp_path / "elsewhere"
    assert settings.departments_file.parent == tmp_path / "elsewhere"


def test_a_relative_home_is_made_absolute_at_once(monkeypatch, tmp_path):
    settings = load_settings(home="town")
    monkeypatch.chdir("/")

    assert settings.home == tmp_path / "town"


def test_arguments_win_over_the_environment_and_that_over_the_file(monkeypatch, tmp_path):
    (tmp_path / "hub.toml").write_text('port = 1\nhost = "::1"\nmax_depth = 3\n')
    monkeypatch.setenv("HUB_PORT", "2")
    monkeypatch.setenv("HUB_HOST", "localhost")

    settings = load_settings(home=tmp_path, host="127.0.0.1")

    assert (settings.host, settings.port, settings.max_depth) == ("127.0.0.1", 2, 3)


def test_the_file_is_read_from_the_home_that_the_environment_names(monkeypatch, tmp_path):
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "hub.toml").write_text('dataset_packages = ["town.datasets"]\n')
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "named"))

    assert load_settings().dataset_packages == ("town.datasets",)


def test_a_misspelt_setting_in_the_file_is_refused_by_name(tmp_path):
    (tmp_path / "hub.toml").write_text("prot = 1\n")

    with pytest.raises(InvalidSettingsError, match="prot"):
        load_settings(home=tmp_path)


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "hub.toml").write_text("port 1\n")

    with pytest.raises(InvalidSettingsError, match=r"hub\.toml cannot be read"):
        load_settings(home=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "0.0.0.0"),  # noqa: S104 - it is refused
        ("PORT", "70000"),
        ("PORT", "eighty"),
        ("ORIGIN", "two words"),
        ("ORIGIN", "a+b"),
        ("MAX_BODY_BYTES", "1"),
        ("DATABASE_URL", "mysql://x"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(f"HUB_{name}", value)

    with pytest.raises(InvalidSettingsError, match=name.lower()):
        load_settings()


@pytest.mark.parametrize(
    "url", ["mysql://hub:open-sesame@db/hub", "postgresql://h:open-sesame@d/x"]
)
def test_no_message_or_representation_repeats_the_database_password(url, monkeypatch):
    monkeypatch.setenv("HUB_DATABASE_URL", url)

    try:
        shown = repr(load_settings()) + str(load_settings().model_dump())
    except InvalidSettingsError as error:
        shown = str(error) + repr(error)

    assert "open-sesame" not in shown


def test_every_setting_says_what_it_is_for():
    assert all(len(field.description or "") > 20 for field in Settings.model_fields.values())
