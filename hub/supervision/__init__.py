"""Keeps the workers of one `hub serve` going: one port, one supervisor, any number of processes.

`crew` decides, and is pure; `supervisor` starts processes and carries out what was decided; `line`
is what a worker and its supervisor say to each other. Standard library only: the supervisor is a
small process that never reads a row, holds no key, and outlives every version of a worker.
"""
