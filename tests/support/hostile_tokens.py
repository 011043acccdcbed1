"""Requests with a token or a proof that somebody spoilt, each kind made from a seed."""

import json
from dataclasses import dataclass
from random import Random

from joserfc.jwk import ECKey, RSAKey

from hub.http.routes import token_issuer
from tests.support.edge import CLIENT, ISSUER
from tests.support.proofs import Prover, encoded, signed

OTHER = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass
class Attacker:
    """Has seen good tokens and proofs of an edge, and has keys of its own."""

    edge: object
    prover: Prover

    def __post_init__(self):
        self.free = self.edge.sign_in().json()["access_token"]
        self.bound = self.prover.token()
        self.thief = Prover(self.edge, nonce=self.prover.nonce)
        self.hub_key = token_issuer(self.edge.parts).signing.at(self.edge.clock.now).key
        self.public = self.hub_key.as_dict(private=False)

    def claims(self, **changed):
        now = int(self.edge.clock.now.timestamp())
        claims = {
            "iss": ISSUER, "sub": CLIENT, "aud": f"{ISSUER}/graphql", "client_id": CLIENT,
            "iat": now, "exp": now + 600, "jti": "one", "department": "medical-insurance",
            "role": "clerk", "authorization_details": [{"type": "hub_query", "purpose": "PUSH"}],
        } | changed  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def ours(self, head=None, **changed):
        """Return what only the hub itself could have signed."""
        head = {"alg": "ES256", "typ": "at+jwt", "kid": self.hub_key.kid} | (head or {})
        return signed(head, self.claims(**changed), self.hub_key)


def bearer(token):
    return {"authorization": f"Bearer {token}".encode()}


def dpop(token, proof):
    return {"authorization": f"DPoP {token}".encode(), "dpop": proof.encode()}


def letter_changed(chance, attacker):
    """One letter of a good token is another one."""
    token = list(attacker.free)
    place = chance.choice([n for n, letter in enumerate(token) if letter != "."])
    token[place] = chance.choice([letter for letter in LETTERS if letter != token[place]])
    return bearer("".join(token))


def cut_or_grown(chance, attacker):
    """A good token lacks a piece, or has one too many."""
    token = attacker.free
    place = chance.randrange(1, len(token))
    more = chance.choice(("A", "=", ".", ".e30", "é"))
    return bearer(chance.choice((token[:place], token[place:], token + more, more + token)))


def expired(chance, attacker):
    """It was good, and is no more."""
    now = int(attacker.edge.clock.now.timestamp())
    return bearer(attacker.ours(iat=now - 9_000, exp=now - chance.choice((0, 1, 600, 10**9))))


def of_the_future(chance, attacker):
    """It is not good yet."""
    later = int(attacker.edge.clock.now.timestamp()) + chance.choice((1, 60, 10**9))
    claim = chance.choice(("iat", "nbf"))
    return bearer(attacker.ours(**{claim: later}, exp=later + 600))


def for_somebody_else(chance, attacker):
    """Another audience, another issuer, another client, another purpose."""
    elsewhere = "https://elsewhere.example"
    return bearer(
        attacker.ours(
            **chance.choice(
                (
                    {"aud": elsewhere},
                    {"aud": [elsewhere, ISSUER]},
                    {"aud": None},
                    {"aud": {"a": ISSUER}},
                    {"iss": elsewhere},
                    {"iss": ISSUER + "/"},
                    {"iss": None},
                    {"sub": "another-system"},
                    {"client_id": "another-system", "sub": "another-system"},
                    {"department": "civil-affairs"},
                    {"role": "officer"},
                    {"exp": None},
                    {"exp": "9999999999"},
                    {"jti": None},
                    {"authorization_details": [{"type": "hub_query", "purpose": "AUDIT"}]},
                    {"authorization_details": {"type": "hub_query", "purpose": "PUSH"}},
                    {"cnf": {"kid": "one"}},
                    {"cnf": {}},
                    {"cnf": None, "aud": 7},
                )
            )
        )
    )


def another_type(chance, attacker):
    """A token that was signed for something else."""
    typ = chance.choice(("JWT", "dpop+jwt", "", None, 7, "at+jwt2", ["at+jwt"], "secevent+jwt"))
    return bearer(attacker.ours({"typ": typ}))


def algorithm_confused(chance, attacker):
    """No signature, or one by a shared secret that everybody knows, or by RSA."""
    secret = chance.choice(
        (
            attacker.hub_key.as_pem(private=False),
            json.dumps(attacker.public).encode(),
            attacker.public["x"].encode(),
            b"",
        )
    )
    name = chance.choice(("HS256", "HS384", "hs256", "ES256"))
    head = {"typ": "at+jwt", "kid": attacker.hub_key.kid}
    none = f"{encoded(head | {'alg': chance.choice(('none', 'None', 'NONE', ''))})}."
    return bearer(
        chance.choice(
            (
                signed(head | {"alg": name}, attacker.claims(), secret),
                signed(head | {"alg": chance.choice(("RS256", "PS256"))}, attacker.claims(), RSA),
                f"{none}{encoded(attacker.claims())}.",
                f"{none}{encoded(attacker.claims())}.{attacker.free.rpartition('.')[2]}",
                signed(head | {"alg": "ES256"}, attacker.claims(), OTHER),
                f"{encoded(head | {'alg': 'ES256'})}.{encoded(attacker.claims())}.{'A' * 86}",
            )
        )
    )


def key_brought_along(chance, attacker):
    """The header says by which key it wants to be checked, or that something is critical."""
    elsewhere = "https://elsewhere.example/keys"
    more = chance.choice(
        (
            {"jwk": OTHER.as_dict(private=False)},
            {"jku": elsewhere},
            {"x5u": elsewhere},
            {"x5c": ["MIIB"]},
            {"crit": ["exp"], "exp": 9_999_999_999},
            {"crit": []},
            {"b64": False, "crit": ["b64"]},
            {"zip": "DEF"},
            {"kid": chance.choice(("../keys", "' or 1=1", "", 7, None, "x" * 999))},
        )
    )
    head = {"alg": "ES256", "typ": "at+jwt", "kid": attacker.hub_key.kid} | more
    by_whom = attacker.hub_key if "kid" not in more and chance.random() < 0.5 else OTHER
    return bearer(signed(head, attacker.claims(), by_whom))


def oversized(chance, attacker):
    """More than anybody needs."""
    size = chance.choice((3_000, 8_000, 20_000))
    return bearer(
        chance.choice((attacker.ours(padding="x" * size), "a" * (size + 2_000), "." * 4_500))
    )


def odd_shape(chance, attacker):
    """Not three parts of base64url with objects in them."""
    head, payload, signature = attacker.free.split(".")
    deep = encoded(b"[" * 600)
    return bearer(
        chance.choice(
            (
                f"{head}.{payload}",
                f"{head}.{payload}.{signature}.{signature}",
                f"{head}.{payload}..{signature}.",
                f"{payload}.{head}.{signature}",
                f"{deep}.{payload}.{signature}",
                f"{head}.{deep}.{signature}",
                f"{head}.{encoded([attacker.claims()])}.{signature}",
                f"{encoded(b'null')}.{payload}.{signature}",
                json.dumps({"payload": payload, "signature": signature}).replace(" ", ""),
                attacker.edge.assertion(),
                attacker.prover.proof(token=attacker.free),
            )
        )
    )


def unbound(chance, attacker):
    """A bound token by who has not its key, or without a proof at all."""
    token = attacker.bound
    claims = attacker.claims(cnf={"jkt": attacker.thief.key.thumbprint()})
    head = {"alg": "ES256", "typ": "at+jwt", "kid": attacker.hub_key.kid}
    forged = signed(head, claims, attacker.thief.key)
    return chance.choice(
        (
            bearer(token),
            {"authorization": f"DPoP {token}".encode()},
            dpop(token, attacker.thief.proof(token=token)),
            dpop(token, attacker.thief.proof(token=token, key=attacker.prover.key)),
            dpop(attacker.free, attacker.thief.proof(token=attacker.free)),
            dpop(forged, attacker.thief.proof(token=forged)),
        )
    )


def spoilt_proof(chance, attacker):
    """The proof is of another request, another time, another token, or of no form."""
    token, prover = attacker.bound, attacker.prover
    now = int(attacker.edge.clock.now.timestamp())
    changed = chance.choice(
        (
            {"method": "GET"},
            {"path": "/export"},
            {"htu": "https://elsewhere.example/graphql"},
            {"iat": now - 61},
            {"iat": now + 31},
            {"iat": None},
            {"ath": None, "token": None},
            {"token": attacker.free},
            {"nonce": None},
            {"nonce": "x"},
            {"nonce": prover.nonce[:-1]},
            {"nonce": 7},
            {"jti": None},
            {"jti": "x" * 300},
            {"header": {"typ": "JWT"}},
            {"header": {"alg": "none"}},
            {"header": {"alg": "HS256"}, "key": b"secret"},
            {"header": {"crit": ["exp"], "exp": now}},
            {"header": {"jku": "https://elsewhere.example"}},
            {"header": {"jwk": attacker.thief.key.as_dict(private=False)}},
            {"header": {"jwk": prover.key.as_dict(private=True)}},
            {"padding": "x" * 3_000},
        )
    )
    return dpop(token, prover.proof(**({"token": token} | changed)))


def proof_letter_changed(chance, attacker):
    """One letter of a good proof is another one."""
    proof = list(attacker.prover.proof(token=attacker.bound))
    place = chance.choice([n for n, letter in enumerate(proof) if letter != "."])
    proof[place] = chance.choice([letter for letter in LETTERS if letter != proof[place]])
    return dpop(attacker.bound, "".join(proof))


def replayed(chance, attacker):
    """A proof that was taken once, in the same request or with its signature written anew."""
    proof = attacker.prover.proof(token=attacker.bound)
    assert attacker.prover.ask(attacker.bound, proof).status_code == 200
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    head, payload, signature = proof.split(".")
    if chance.random() < 0.5:
        raw = attacker.prover.raw(signature)
        s = order - int.from_bytes(raw[32:], "big")
        signature = encoded(raw[:32] + s.to_bytes(32, "big"))
    return dpop(attacker.bound, f"{head}.{payload}.{signature}")


KINDS = (
    letter_changed, cut_or_grown, expired, of_the_future, for_somebody_else, another_type,
    algorithm_confused, key_brought_along, oversized, odd_shape, unbound, spoilt_proof,
    proof_letter_changed, replayed,
)  # fmt: skip


def hostile_headers(seed, attacker):
    """Return the name of a kind and headers of it; the kinds take turns."""
    kind = KINDS[seed % len(KINDS)]
    return kind.__name__, kind(Random(seed), attacker)
