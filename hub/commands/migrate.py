"""`hub migrate`: keys, tables and first settings; safe to run at any time."""

import typer

from hub.access import Policy
from hub.access.policy import default_policy_text
from hub.app import apply_policy, catalogue_of, opened, prepare
from hub.commands.console import run, settings_or_fail
from hub.commands.options import Home
from hub.settings import Settings
from hub.store.present import mended


def migrate(home: Home = None) -> None:
    """Make what is missing (keys, tables, a policy to start from) and put the policy in force.

    Run it before the first start, after every upgrade, and after a change of the policy file; it
    can run while the hub serves. Nothing is overwritten.
    """
    settings = settings_or_fail(home=home)
    first_policy(settings)

    async def work() -> tuple[str, Policy, int]:
        revision = await prepare(settings, catalogue_of(settings))
        async with opened(settings) as core:
            policy = await apply_policy(core)
            async with core.database.transaction() as connection:
                return revision, policy, await mended(connection)

    revision, policy, strays = run(work())
    if strays:
        typer.echo(f"What is known now had {strays:,} rows that were not so; it was made anew.")
    typer.echo(f"The database is at revision {revision}; keys are in {settings.key_folder}.")
    typer.echo(f"The policy {policy.digest[:12]} of {settings.policy_file} is in force.")


def first_policy(settings: Settings) -> None:
    """Put the packaged policy where the settings look for one, if there is none yet."""
    if settings.policy_file.exists():
        return
    settings.policy_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.policy_file.write_text(default_policy_text(), encoding="utf-8")
