"""Reads what an operator may set, once, checked, and never repeats a secret in a message.

A setting comes from an argument, else from the environment (`HUB_` and its name), else from
`hub.toml` in the home, else it has the default below. Files that are not named lie in the home.
"""

import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    IPvAnyAddress,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
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


Suite = Literal["aes", "sm"]


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
    audit_database_url: SecretStr | None = Field(
        default=None,
        description=(
            "Address of a PostgreSQL database that has the audit log and nothing else "
            "(postgresql://...; docs/operations.md, The log in a database of its own). Without it "
            "the log is in the hub's database."
        ),
    )
    tls_certificate: AbsolutePath | None = Field(
        default=None,
        description=(
            "Certificate of this hub, in PEM with those above it, for a hub that speaks TLS itself."
        ),
    )
    tls_key: AbsolutePath | None = Field(
        default=None, description="Private key of that certificate, in PEM; both or neither."
    )
    tls_client_ca: AbsolutePath | None = Field(
        default=None,
        validate_default=True,
        description=(
            "Certificates in PEM of who issues clients' certificates. Without it no client is "
            "asked for one. Only with `tls_certificate`."
        ),
    )
    certificate_proxies: tuple[IPvAnyAddress, ...] = Field(
        default=(),
        description=(
            "Addresses of proxies whose header Client-Cert (RFC 9440) is believed; they must "
            "remove it from what clients send. In the environment: a JSON list."
        ),
    )
    host: str = Field(
        default="127.0.0.1",
        description=(
            "Address to listen on. Only this machine, with a TLS proxy in front, unless "
            "`tls_certificate` is set."
        ),
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
    log_is_public: bool = Field(
        default=False,
        description=(
            "Whether /log/checkpoint and /log/tile answer without a token, for witnesses and other "
            "people's programs. They say how many accesses there were, and nothing about anybody."
        ),
    )
    witnesses: dict[str, str] = Field(
        default={},
        description=(
            "Witnesses of the log, address by verifier key (docs/audit.md): a table in hub.toml, "
            "in the environment a JSON object."
        ),
    )
    witness_every_s: int = Field(
        default=60, ge=1, le=86_400, description="Seconds between two checkpoints for a witness."
    )
    witness_late_s: int = Field(
        default=900,
        ge=2,
        le=604_800,
        description="Seconds without a cosignature after which that is an alarm.",
    )
    prune_daily: bool = Field(
        default=False,
        description=(
            "Whether the log's entries are dropped by themselves once their legal time is over and "
            "nobody holds them (docs/audit.md). Without it `hub audit prune` does it."
        ),
    )
    log_stream_url: str | None = Field(
        default=None,
        description=(
            "Where a SIEM takes new entries of the log: syslog+tls://host:6514, https://..., or on "
            "this machine syslog:// and http:// (docs/audit.md). Without it nobody is told."
        ),
    )
    log_stream_form: Literal["ocsf", "record"] = Field(
        default="ocsf", description="How entries are told: as events of OCSF, or as they stand."
    )
    log_stream_ca_file: AbsolutePath | None = Field(
        default=None,
        description="Certificates in PEM that the SIEM's is checked by; default: the system's.",
    )
    log_stream_token_file: AbsolutePath | None = Field(
        default=None, description="File with the bearer token that the SIEM asks over HTTP."
    )
    sm3_twin: bool = Field(
        default=False,
        description=(
            "Whether a second tree of the log is kept, over SM3 (docs/audit.md). Switch it on "
            "before entries are dropped: it cannot begin where some are gone."
        ),
    )
    policy_file: AbsolutePath = Field(
        default_factory=_in_home("policy.toml"),
        description="File with the departments and their grants.",
    )
    sharing_file: AbsolutePath = Field(
        default_factory=_in_home("sharing.toml"),
        description="File that names who answers for each department's sharing requests.",
    )
    key_folder: AbsolutePath = Field(
        default_factory=_in_home("keys"),
        description=(
            "Folder with the keys that seal and sign (root.key, keyring.json, mode 0600); made by "
            "`hub migrate`. Keep root.key apart from backups of the database."
        ),
    )
    root_key: str = Field(
        default="file",
        pattern=r"^(file(:.+)?|credential:.+|env:.+|vault:.+/.+|pkcs11:.+)$",
        description=(
            "Where the root key is: `file` (root.key in `key_folder`), `file:PATH`, "
            "`credential:NAME` of systemd, `env:NAME`, `vault:MOUNT/KEY` of a Transit engine, or a "
            "`pkcs11:` address (RFC 7512). docs/keys.md."
        ),
    )
    sealing_suite: Suite = Field(
        default="aes",
        description=(
            "Suite of the keys that `hub migrate` makes: `aes` (AES-256-GCM, SHA-256) or `sm` "
            "(SM4-GCM, SM3). A key that there is already keeps its suite until it is rotated: "
            "docs/keys.md."
        ),
    )
    sealing_suites: dict[str, Suite] = Field(
        default={},
        description=(
            "Suite by department, where it is not `sealing_suite`: a table in hub.toml, in the "
            "environment a JSON object."
        ),
    )
    sm2: str = Field(
        default="off",
        pattern=r"^(off|libcrypto(:.+)?|pkcs11:.+)$",
        description=(
            "Who does SM2: `off`, `libcrypto` (the system's OpenSSL 3), `libcrypto:PATH`, or a "
            "`pkcs11:` address of a token (docs/keys.md). Needed where a receiver has an SM2 key."
        ),
    )
    clients_file: AbsolutePath = Field(
        default_factory=_in_home("clients.toml"),
        description=(
            "File with the departments' systems that may sign in from the first day on, and their "
            "public keys; `hub clients` registers others, and counts for more."
        ),
    )
    issuers_file: AbsolutePath = Field(
        default_factory=_in_home("issuers.toml"),
        description=(
            "File with the outside issuers whose tokens are taken too, and the provider with which "
            "people sign in; there need be none."
        ),
    )
    documents_folder: AbsolutePath = Field(
        default_factory=_in_home("documents"),
        description="Folder with the documents that clients registered, a folder for each client.",
    )
    departments_file: AbsolutePath = Field(
        default_factory=_in_home("departments.toml"),
        description="File that says where each department's system is and how it is read.",
    )
    alarm_command: str | None = Field(
        default=None,
        description=(
            "Program, with arguments as a shell would split them, that is run when a seal is found "
            "broken: it pages somebody. It gets JSON on its standard input; docs/operations.md."
        ),
    )
    key_overdue_days: int = Field(
        default=365,
        ge=1,
        description=(
            "Days after which a key that seals should have been changed: from then on "
            "`hub keys status` and `hub doctor` exit 1."
        ),
    )
    data_key_overdue_days: int = Field(
        default=1_095,
        ge=1,
        le=36_500,
        description=(
            "Days after which a data key should have been replaced (`hub keys rotate data`): from "
            "then on `hub keys status` exits 1."
        ),
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
    def _is_local(cls, host: str, info: ValidationInfo) -> str:
        """Refuse an address that other machines could reach, unless the hub speaks TLS itself."""
        if host not in _LOCAL_HOSTS and info.data.get("tls_certificate") is None:
            raise ValueError(
                "listens on this machine only (127.0.0.1, ::1 or localhost) without tls_certificate"
            )
        return host

    @field_validator("alarm_command")
    @classmethod
    def _can_be_split(cls, command: str | None) -> str | None:
        """Refuse early what could not be run when it is needed."""
        if command is not None and not shlex.split(command):
            raise ValueError("names no program")
        return command

    @field_validator("tls_client_ca")
    @classmethod
    def _is_whole(cls, client_ca: Path | None, info: ValidationInfo) -> Path | None:
        """Refuse half of what TLS needs: it would be taken for TLS, and be none."""
        certificate, key = info.data.get("tls_certificate"), info.data.get("tls_key")
        if (certificate is None) != (key is None) or (client_ca and certificate is None):
            raise ValueError("tls_certificate and tls_key belong together, tls_client_ca to them")
        return client_ca

    @field_validator("witnesses")
    @classmethod
    def _are_addresses(cls, witnesses: dict[str, str]) -> dict[str, str]:
        """Refuse an address that anybody on the way could answer for, or that is none."""
        for url in witnesses.values():
            parts = urlsplit(url)
            is_safe = parts.scheme == "https" or parts.hostname in _LOCAL_HOSTS
            if parts.scheme not in {"http", "https"} or not parts.hostname or not is_safe:
                raise ValueError("a witness has an https address, or an http one on this machine")
        return witnesses

    @field_validator("log_stream_url")
    @classmethod
    def _is_stream(cls, url: str | None) -> str | None:
        """Refuse an address over which entries would cross a network in clear, or that is none."""
        if url is None:
            return None
        parts = urlsplit(url)
        try:
            is_whole = bool(parts.hostname) and parts.port != 0 and parts.username is None
        except ValueError:
            is_whole = False
        is_local = parts.hostname in _LOCAL_HOSTS
        is_safe = parts.scheme in {"https", "syslog+tls"}
        is_safe = is_safe or (parts.scheme in {"http", "syslog"} and is_local)
        if not is_whole or not is_safe:
            raise ValueError(
                "is https:// or syslog+tls://, or http:// or syslog:// on this machine, without a "
                "password"
            )
        return url

    @field_validator("database_url", "audit_database_url")
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
