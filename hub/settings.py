"""Reads what an operator may set, once, checked, and never repeats a secret in a message.

A setting comes from an argument, else from the environment (`HUB_` and its name), else from
`hub.toml` in the home, else it has the default below. Files that are not named lie in the home.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from typing_extensions import override

SETTINGS_FILE = "hub.toml"
_LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_KIB = 1024


class InvalidSettingsError(Exception):
    """A setting is missing, unknown or out of range; the message names it, not its value."""


AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


def _in_home(name: str) -> Callable[[dict[str, Any]], Path]:
    """Return a default: the file `name` in the home that was set."""
    return lambda values: values.get("home", Path()) / name


class Settings(BaseSettings):
    """Everything that can be set; the documentation is made from the descriptions."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: AbsolutePath = Field(
        default=Path(".hub"),
        validate_default=True,
        description="Folder of everything this hub keeps: embedded database, keys, locks.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "Address of a PostgreSQL of your own (postgresql://...). Without it the hub runs the "
            "embedded one in its home."
        ),
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Only this machine; put a TLS proxy in front.",
    )
    port: int = Field(
        default=8700, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description=(
            "Address by which departments know this hub, without a slash at its end: issuer and "
            "audience of tokens. Default: where it listens."
        ),
    )
    origin: str = Field(
        default="hub.example/log",
        pattern=r"^[!-*,-~]+$",
        max_length=255,
        description=(
            "Name of the audit log in its signed checkpoints: no blanks, no plus sign. It cannot "
            "be changed once the log has an entry."
        ),
    )
    policy_file: AbsolutePath = Field(
        default_factory=_in_home("policy.toml"),
        description="File with the departments and their grants.",
    )
    key_folder: AbsolutePath = Field(
        default_factory=_in_home("keys"),
        description=(
            "Folder with the keys that seal and sign (root.key, keyring.json, mode 0600); made by "
            "`hub migrate`. Keep root.key apart from backups of the database."
        ),
    )
    clients_file: AbsolutePath = Field(
        default_factory=_in_home("clients.toml"),
        description="File with the departments' systems that may sign in, and their public keys.",
    )
    documents_folder: AbsolutePath = Field(
        default_factory=_in_home("documents"),
        description="Folder with the documents that clients registered, a folder for each client.",
    )
    departments_file: AbsolutePath = Field(
        default_factory=_in_home("departments.toml"),
        description="File that says where each department's system is and how it is read.",
    )
    unit_name: str = Field(
        default="示例区民政局",
        min_length=1,
        max_length=200,
        description="Name of the civil-affairs bureau that decides, as messages give it.",
    )
    unit_code: str = Field(
        default="11690106MB0000000A",
        pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$",
        description="Unified social credit code of that bureau (GB 32100).",
    )
    dataset_packages: tuple[str, ...] = Field(
        default=(),
        description=(
            "More Python packages with dataset declarations. In the environment: a JSON list."
        ),
    )
    connector_packages: tuple[str, ...] = Field(
        default=(),
        description=(
            "More Python packages whose sub-packages are departments' connectors. In the "
            "environment: a JSON list."
        ),
    )
    max_body_bytes: int = Field(
        default=1024 * _KIB, ge=_KIB, description="Largest request body, in bytes."
    )
    max_depth: int = Field(
        default=12, ge=1, le=100, description="Deepest nesting of selections in one operation."
    )
    max_cost: int = Field(
        default=200_000,
        ge=1,
        description="Largest cost of one operation: about the number of values it can return.",
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that answer on the one port; about as many as there are processors.",
    )
    connections: int = Field(
        default=4,
        ge=1,
        le=50,
        description=(
            "Connections to the database that answer queries, of each worker; as many again do "
            "everything else."
        ),
    )
    max_waiting: int = Field(
        default=1_000,
        ge=1,
        description=(
            "Operations under way or waiting in each worker; one more is told to try again (503)."
        ),
    )
    drain_s: int = Field(
        default=30,
        ge=1,
        le=3_600,
        description=(
            "Seconds that requests under way have when a worker stops or is replaced by a reload."
        ),
    )

    quota_units: int = Field(
        default=120_000_000,
        ge=1,
        description=(
            "Cost units that a department may use in a window, unless `quotas` says otherwise "
            "(docs/limits.md)."
        ),
    )
    quota_window_s: int = Field(
        default=60, ge=1, le=86_400, description="Length of a window of the quotas, in seconds."
    )
    quotas: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={},
        description=(
            "Cost units a window by department, where they are not `quota_units`: a table in "
            "hub.toml, in the environment a JSON object."
        ),
    )

    @field_validator("host")
    @classmethod
    def _is_local(cls, host: str) -> str:
        """Refuse an address that other machines could reach: the hub speaks no TLS itself."""
        if host not in _LOCAL_HOSTS:
            raise ValueError("listens on this machine only (127.0.0.1, ::1 or localhost)")
        return host

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        """Refuse another database early."""
        if url is not None and not url.get_secret_value().startswith(
            ("postgresql://", "postgres://")
        ):
            raise ValueError("must start with postgresql://")
        return url

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, environment, then `hub.toml` of the home that those two name."""
        del dotenv_settings, file_secret_settings
        home = (env_settings() | init_settings()).get("home", cls.model_fields["home"].default)
        file = TomlConfigSettingsSource(settings_cls, Path(home).expanduser() / SETTINGS_FILE)
        return init_settings, env_settings, file


def load_settings(**given: object) -> Settings:
    """Return the settings, with `given` before everything else.

    Raises:
        InvalidSettingsError: Each wrong setting by name and reason, without its value.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by pydantic at run time
    except ValidationError as error:
        reasons = [
            f"{'.'.join(str(part) for part in wrong['loc']) or 'settings'}: {wrong['msg']}"
            for wrong in error.errors(include_input=False, include_url=False)
        ]
        raise InvalidSettingsError("; ".join(reasons)) from None
    except SettingsError as error:  # a list in the environment that is no JSON
        raise InvalidSettingsError(str(error)) from None
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise InvalidSettingsError(f"{SETTINGS_FILE} cannot be read: {error}") from None
