"""Answers a department's GraphQL query; `answer` is the front door.

document -> plan -> sealed rows -> data and disclosure -> receipt -> answer. `documents`, `plan`,
`sql`, `shape` and `disclosure` are pure; `fetch`, `reveal` and `answer` do the work.
"""
