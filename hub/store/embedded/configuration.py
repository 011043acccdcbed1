"""Says how the embedded PostgreSQL is set, in one table.

The settings are given at each start, so a new version of the hub changes them without touching the
data directory. Whoever needs others runs a PostgreSQL of their own (HUB_DATABASE_URL).
"""

from pathlib import Path

from hub.store.embedded.memory import memory_mb, page_cache_mb, stored_mb

DATABASE = "hub"
ROLE = "hub"
SUPERUSER = "postgres"
PORT = 5432  # only a part of the socket's file name

INITDB_OPTIONS = (
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--auth-local=scram-sha-256",
    "--auth-host=reject",
    f"--username={SUPERUSER}",
    "--no-instructions",
)


def server_settings(sockets: Path, log: Path, data: Path) -> dict[str, str]:
    """Return the settings of a server that listens in `sockets`, logs into `log`, has `data`."""
    cache = page_cache_mb(memory_mb(), stored_mb(data / "base"))
    return {
        # Reached through one folder that only the hub and the server may enter.
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        # Durable: the audit log's promise rests on these two.
        "fsync": "on",
        "synchronous_commit": "on",
        "shared_buffers": f"{cache}MB",
        "effective_cache_size": f"{2 * cache}MB",  # the system keeps pages too
        "maintenance_work_mem": "128MB",
        "work_mem": "8MB",
        "max_wal_size": "2GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "10min",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # The log tells about the server, never about a statement: an error's text may quote a
        # value ("invalid input syntax ..."), so errors of statements are left to the hub. `log`
        # stands above `error` here; the server's own life, `fatal` and `panic` are written.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "log_lock_waits": "off",
        "logging_collector": "on",
        "log_directory": str(log),
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_file_mode": "0600",
    }


def roles(*, hub_password: str, admin_password: str) -> bytes:
    """Return the statements that make a new cluster ours, one a line, for single-user mode.

    The hub's role is no superuser: it owns its database, may create others (tests, restores) and
    roles for readers (`hub.store.wall`), read the server's statistics and ask for a checkpoint.
    Passwords consist of URL-safe characters.
    """
    return "\n".join(
        (
            f"ALTER ROLE {SUPERUSER} PASSWORD '{admin_password}';",
            f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{hub_password}';",
            f"GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO {ROLE};",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};",
            "",
        )
    ).encode()
