"""The tree of RFC 6962 §2.1, word for word: slow and obvious."""

from hashlib import sha256


def tree_hash(entries):
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m, entries):
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), tree_hash(entries[k:])]
    return [*path(m - k, entries[k:]), tree_hash(entries[:k])]


def consistency(m, entries):
    return subproof(m, entries, complete=True)


def subproof(m, entries, *, complete):
    n = len(entries)
    if m == n:
        return [] if complete else [tree_hash(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], complete=complete), tree_hash(entries[k:])]
    return [*subproof(m - k, entries[k:], complete=False), tree_hash(entries[:k])]
