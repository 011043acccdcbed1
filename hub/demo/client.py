"""A department's system in fifty lines: sign in with a key of its own, ask a question.

This is what a department would write itself (see `examples/`); the hub does not use it.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class AskError(Exception):
    """The hub refused to sign us in; the message is the hub's own."""


@dataclass(slots=True)
class Department:
    """One client of the hub: who it is, the key that proves it, its current tokens."""

    hub: str
    client_id: str
    key: ECKey = field(repr=False)
    http: httpx2.Client = field(repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def signed_by(cls, hub: str, client_id: str, key_file: Path) -> "Department":
        """Return the client whose private JWK lies in `key_file`."""
        key = ECKey.import_key(json.loads(key_file.read_text("utf-8")))
        return cls(hub, client_id, key, httpx2.Client(timeout=30, trust_env=False))

    def close(self) -> None:
        """Close the connections to the hub."""
        self.http.close()

    def token(self, purpose: str) -> str:
        """Return an access token for `purpose` (private_key_jwt, RFC 7523; RFC 9396).

        Raises:
            AskError: The hub refused.
        """
        if purpose in self._tokens:
            return self._tokens[purpose]
        now = int(time.time())  # noqa: TID251 - a program of its own has its own clock
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.hub}/oauth/token",
            "iat": now,
            "exp": now + 120,
            "jti": uuid.uuid4().hex,
        }
        assertion = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)
        answer = self.http.post(
            f"{self.hub}/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": _ASSERTION,
                "client_assertion": assertion,
                "authorization_details": json.dumps([{"type": "hub_query", "purpose": purpose}]),
            },
        )
        if answer.status_code != httpx2.codes.OK:
            raise AskError(f"no token for {purpose}: {answer.json().get('error')}")
        token: str = answer.json()["access_token"]
        self._tokens[purpose] = token
        return token

    def usages(self, citizen_number: str, log: str) -> dict[str, Any]:
        """Return who read a citizen's data, as the portal that this is shows it to them.

        `log` is the name of the hub's log, as every receipt has it.
        """
        now = int(time.time())  # noqa: TID251 - a program of its own has its own clock
        claims = {
            "iss": self.client_id,
            "sub": citizen_number,
            "aud": log,
            "iat": now,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
        header = {"alg": "ES256", "kid": self.key.kid, "typ": "citizen+jwt"}
        answer = self.http.post(
            f"{self.hub}/v2/findUsage",
            json={"assertion": jwt.encode(header, claims, self.key)},
            headers={"authorization": f"Bearer {self.token('TRANSPARENCY')}"},
        )
        answered: dict[str, Any] = answer.json()
        return answered

    def ask(
        self, document: str, variables: Mapping[str, Any], *, purpose: str, case: str | None = None
    ) -> dict[str, Any]:
        """Return the hub's whole answer: `data`, `errors`, and the receipt in `extensions`."""
        head = {
            "authorization": f"Bearer {self.token(purpose)}",
            "accept": "application/graphql-response+json",
        }
        if case is not None:
            head["hub-case"] = case
        body = {"query": document, "variables": dict(variables)}
        answer = self.http.post(f"{self.hub}/graphql", json=body, headers=head)
        answered: dict[str, Any] = answer.json()
        return answered
