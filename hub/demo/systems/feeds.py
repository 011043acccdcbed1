"""A department's change feeds over HTTP, in a process of its own: one feed a file of a folder.

`GET /v1/<name>/changes?after=<cursor>&limit=<n>` with a bearer token gives the changes of
`<name>.jsonl` behind a cursor, in the order in which they happened.
"""

import argparse
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from hub.demo.systems.register import Fault, Register
from hub.demo.systems.serving import add_options, serve


def app(folder: Path, fault: Fault | None = None) -> Starlette:
    """Return the ASGI application over the feeds that lie in a folder."""
    token = (folder / "token").read_text(encoding="ascii").strip()
    return Starlette(
        routes=[
            Route(
                f"/v1/{path.stem}/changes",
                Register(path.read_bytes().splitlines(), token, fault).serve_changes,
            )
            for path in sorted(folder.glob("*.jsonl"))
        ]
    )


def main() -> None:
    """Serve the feeds that lie in a folder."""
    parser = argparse.ArgumentParser(description="A department's feeds of the demonstration.")
    parser.add_argument("--data", type=Path, required=True, help="folder with feeds and token")
    parser.add_argument(
        "--fault", type=Fault.parse, help="hang-after=N, 500-after=N, die-mid-page=N"
    )
    add_options(parser)
    options = parser.parse_args()
    serve(app(options.data, options.fault), options)


if __name__ == "__main__":
    main()
