"""A reader of any tiled log, written from the specifications and nothing of ours.

C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-proof at 5ba5ee8; RFC 6962 §2.1. It fetches
what it needs, checks that against the signed root, and raises `DistrustError` for the rest.
Slow and obvious: it holds all leaf hashes in memory.
"""

import base64
import gzip
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.oracles.merkle import split


class DistrustError(Exception):
    """What was served is not a log as the specifications have it."""


def need(condition, why):
    if not condition:
        raise DistrustError(why)


def mth(leaves):
    """RFC 6962 §2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def index_path(n):
    """Zero-padded 3-digit path elements, all but the last with an x: 1234067 -> x001/x234/067."""
    digits = f"{n:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    elements = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*("x" + each for each in elements[:-1]), elements[-1]])


def resources(size):
    """Every path that a log of this size serves, with the number of hashes or entries in it."""
    found = {}
    level = 0
    while size >> 8 * level:
        full, width = divmod(size >> 8 * level, 256)
        places = [(n, 256) for n in range(full)] + ([(full, width)] if width else [])
        for n, count in places:
            end = index_path(n) + ("" if count == 256 else f".p/{count}")
            found[f"tile/{level}/{end}"] = count
            if level == 0:
                found[f"tile/entries/{end}"] = count
        level += 1
    return found


def open_note(note, vkey):
    """Return the text of a signed note; signatures of unknown keys are ignored."""
    name, key_id, key = vkey.split("+", 2)
    public = base64.b64decode(key)
    need(public[0] == 1, "an Ed25519 key")
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    for line in lines.splitlines():
        dash, who, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if dash == "\u2014" and who == name and raw[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
            except InvalidSignature:
                raise DistrustError("the signature") from None
            return text
    raise DistrustError("no signature of the log")


def checkpoint(note, vkey):
    """Return origin, size and root of a signed checkpoint."""
    origin, size, root, *_ = open_note(note, vkey).split("\n")
    need(str(int(size)) == size, "the size")
    return origin, int(size), base64.b64decode(root, validate=True)


def read_log(get, vkey):
    """Return all entries of a log; `get(path)` gives status, headers (lower case) and raw body."""
    status, headers, body = get("checkpoint")
    need(status == 200, "the checkpoint")
    need(headers["content-type"] == "text/plain; charset=utf-8", "its content type")
    need("immutable" not in headers.get("cache-control", ""), "it is mutable")
    _, size, root = checkpoint(body.decode(), vkey)
    tiles = {}
    for path, count in resources(size).items():
        status, headers, body = get(path)
        need(status == 200, path)
        need(headers["content-type"] == "application/octet-stream", f"content type of {path}")
        need("max-age=" in headers.get("cache-control", ""), f"caching of {path}")
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        tiles[path] = body
        if not path.startswith("tile/entries/"):
            need(len(body) == count * 32, f"width of {path}")
    entries = []
    for path, count in resources(size).items():
        if path.startswith("tile/entries/"):
            found = unbundled(tiles[path])
            need(len(found) == count, f"entries of {path}")
            entries += found
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    need(mth(leaves) == root, "the root")
    for path, body in tiles.items():
        _, level, end = path.split("/", 2)
        if level != "entries":
            span = 256 ** int(level)
            digits = end.partition(".p/")[0].replace("x", "").replace("/", "")
            first = int(digits) * 256
            for place in range(len(body) // 32):
                start = (first + place) * span
                found = body[place * 32 : place * 32 + 32]
                need(found == mth(leaves[start : start + span]), f"hash {place} of {path}")
    return entries


def unbundled(body):
    """Big-endian uint16 length-prefixed entries."""
    found = []
    while body:
        length = int.from_bytes(body[:2], "big")
        need(len(body) >= 2 + length, "a bundle that ends inside an entry")
        found.append(body[2 : 2 + length])
        body = body[2 + length :]
    return found


def verify_proof(text, vkey, entry):
    """Return the index of `entry` in the log of `vkey`, as a tlog-proof shows it."""
    lines = text.split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "the first line")
    if lines[0].startswith("extra "):
        base64.b64decode(lines.pop(0)[6:], validate=True)
    word, number = lines.pop(0).split(" ")
    need(word == "index" and str(int(number)) == number, "the index")
    path = []
    while lines[0]:
        path.append(base64.b64decode(lines.pop(0), validate=True))
    _, size, root = checkpoint("\n".join(lines[1:]), vkey)
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    need(up(int(number), size, leaf, path) == root, "the path")
    return int(number)


def up(m, n, leaf, path):
    """RFC 6962 §2.1.1 read backwards: the root that PATH(m, D[n]) leads to."""
    if n == 1:
        need(not path, "hashes too many")
        return leaf
    need(path, "a hash too few")
    k = split(n)
    if m < k:
        left, right = up(m, k, leaf, path[:-1]), path[-1]
    else:
        left, right = path[-1], up(m - k, n - k, leaf, path[:-1])
    return hashlib.sha256(b"\x01" + left + right).digest()
