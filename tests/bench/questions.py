"""The questions that are asked of the hub and of its peer alike, each time about somebody else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

BULK = 1_000
POINT_DOCUMENT = """
query Point($number: String!) {
  person(nationalId: $number) {
    id
    population { name sex birthDate }
    medicalEnrolments { scheme status subsidised }
    disabilityCertificates { category level severe }
    household {
      region
      score { total band coverage }
      members { relation person { id } }
    }
  }
}
"""
WORKLIST_DOCUMENT = """
query Worklist($region: String!) {
  warnings(first: 50, region: $region) {
    edges {
      node {
        household {
          region
          score { total band }
          members {
            relation
            person {
              population { name birthDate }
              disabilityCertificates { category level }
            }
          }
        }
      }
    }
  }
}
"""
BULK_DOCUMENT = """
query Bulk($numbers: [String!]!) {
  people(nationalIds: $numbers) {
    index
    status
    person { id population { name birthDate } }
  }
}
"""


DEPARTMENTS_DOCUMENT = """
query Departments($region: String!) {
  warnings(first: 50, region: $region) {
    edges {
      node {
        household {
          region
          score { total band }
          members {
            relation
            person {
              population { name birthDate }
              disabilityCertificates { category level }
              medicalSettlements { selfPaidBand }
            }
          }
        }
      }
    }
  }
}
"""
Choice = Callable[[Random, Sequence[str], Sequence[str]], dict[str, object]]
"""From a source of randomness, all citizen numbers, all villages: the variables of a request."""


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of work; `units` is how many a request asks for by number, 1 if it does not."""

    name: str
    document: str
    variables: Choice
    held: int
    """How many different requests are held; more than a round asks, where that is possible."""
    units: int = 1
    unit: str = "requests"
    has_peers: bool = True
    """Whether the peers are asked it too."""


def _number(rng: Random, numbers: Sequence[str], _: Sequence[str]) -> dict[str, object]:
    return {"number": rng.choice(numbers)}


def _region(rng: Random, _: Sequence[str], villages: Sequence[str]) -> dict[str, object]:
    return {"region": rng.choice(villages)}


def _numbers(rng: Random, numbers: Sequence[str], _: Sequence[str]) -> dict[str, object]:
    return {"numbers": rng.sample(numbers, min(BULK, len(numbers)))}


POINT = Question("point", POINT_DOCUMENT, _number, 20_000)
WORKLIST = Question("worklist", WORKLIST_DOCUMENT, _region, 2_000)
QUESTIONS = (
    POINT,
    WORKLIST,
    Question("bulk", BULK_DOCUMENT, _numbers, 100, BULK, "people"),
    Question("3 departments", DEPARTMENTS_DOCUMENT, _region, 2_000, has_peers=False),
)


def request_bytes(port: int, body: bytes, token: str | None) -> bytes:
    """Return one HTTP request, ready to send on a connection that is kept."""
    head = [
        "POST /graphql HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
    ]
    if token is not None:
        head.append(f"Authorization: Bearer {token}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def bodies(document: str, variables: Iterable[Mapping[str, object]]) -> list[bytes]:
    """Return the bodies of requests that ask `document`, one for each set of variables."""
    return [orjson.dumps({"query": document, "variables": given}) for given in variables]


def data_of(answer: bytes) -> Any:
    """Return the `data` of an answer that has no errors."""
    content = orjson.loads(answer)
    assert "errors" not in content, content["errors"]
    return content["data"]
