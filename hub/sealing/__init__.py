"""Keys, sealing and tags: the one place of the hub where plaintext becomes ciphertext and back.

`keyring` keeps the long-lived keys, `datakeys` the key of each (department, identity), `seals`
the format of a sealed value, `tags` the keyed look-up tags, `signing` what the hub signs with.
"""
