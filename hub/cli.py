"""The `hub` command: a first-time reader of `hub --help` knows what to type next."""

import resource

import typer

from hub.commands import (
    audit,
    demo,
    doctor,
    documents,
    ingest,
    migrate,
    outbox,
    score,
    serve,
    token,
)

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help=(
        "A GraphQL data-sharing hub for social assistance.\n\n"
        "Start with `hub demo`: it sets up a made-up district, fills the graph and serves it. "
        "For an installation: `hub migrate`, then `hub scope`, `hub ingest`, `hub serve`. "
        "Settings come from HUB_* variables or hub.toml in the home; docs/settings.md has them all."
    ),
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("migrate")(migrate.migrate)
app.command("scope")(ingest.scope)
app.command("ingest")(ingest.ingest)
app.command("score")(score.score)
app.command("deliver")(outbox.deliver)
app.add_typer(audit.app, name="audit")
app.add_typer(documents.app, name="documents")
app.command("token")(token.token)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; a crash leaves no memory with keys in it on the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    app()


if __name__ == "__main__":
    main()
