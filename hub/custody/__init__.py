"""Custody of keys: rotation, retirement and what state they are in, while the hub serves.

`rotation` gives a department a new key and wraps its data keys anew, `roots` changes the key above
all others, `status` tells ages and what is still under old keys.
"""
