"""Bodies that somebody sends to hurt: each kind made from a seed, none of them about a real person.

Some are larger than any limit, some reach the limits from below, for those are the ones that cost.
"""

import json
from random import Random

NUMBER = "690106197903150012"
LEAVES = ("id", "region", "__typename")
PERSON = (
    "id",
    "population { name birthDate phone }",
    "medicalEnrolments { scheme }",
    "household { id }",
)
WORDS = ("__typename", "person", "people", "household", "warnings", "nothing", "a", "ä", "漢", "🏃")


def _body(document, variables=None, **more):
    return json.dumps({"query": document, "variables": variables or {}, **more}).encode()


def _near(chance, limit):
    """Return a number below, at, just above or far above a limit."""
    return chance.choice(
        (limit // 2, limit - 1, limit, limit + 1, limit * 2, chance.randint(1, limit * 4))
    )


def deep_selection(chance):
    """Households of members of households of members."""
    depth = _near(chance, 12)
    inner = "id"
    for level in range(depth):
        inner = f"members {{ person {{ {inner} }} }}" if level % 2 else f"household {{ {inner} }}"
    return _body(f'{{ household(id: "x") {{ {inner} }} }}')


def deep_nonsense(chance):
    """Nested braces without end."""
    depth = _near(chance, chance.choice((64, 1_500, 15_000)))
    return _body("{" + "a{" * depth + "a" + "}" * (depth + chance.randint(0, 1)))


def wide(chance):
    """The same field again and again."""
    return _body("{" + chance.choice((" a", " __typename")) * _near(chance, 800) + "}")


def wide_and_distinct(chance):
    """Many different selections: as many as are allowed, or some more."""
    count = _near(chance, 60)
    fields = " ".join(chance.sample(PERSON, chance.randint(1, len(PERSON))))
    return _body(
        "{"
        + " ".join(f'a{n}: person(nationalId: "{n}") {{ {fields} }}' for n in range(count))
        + "}"
    )


def alias_bomb(chance):
    """One costly field under many names."""
    count = _near(chance, 60)
    roots = " ".join(f"a{n}: people(nationalIds: $n) {{ status }}" for n in range(count))
    numbers = [f"{NUMBER[:-4]}{n:04d}" for n in range(_near(chance, 50))]
    return _body(f"query ($n: [String!]!) {{ {roots} }}", {"n": numbers})


def directive_bomb(chance):
    """Directives by the hundred, at one field or at many."""
    count = _near(chance, 60)
    used = chance.choice((" @skip(if: false)", " @include(if: true)", " @a", " @skip(if: true) "))
    if chance.random() < 0.5:
        return _body("{ __typename" + used * count + "}")
    return _body("{" + " ".join(f"a{n}: __typename{used}" for n in range(count)) + "}")


def huge_literal(chance):
    """A text, a number, a list or an object that fills the document."""
    size = _near(chance, chance.choice((1_000, 30_000, 60_000)))
    value = chance.choice(
        (
            '"' + "a" * size + '"',
            '"' + "\\u00e4" * (size // 6) + '"',
            "9" * size,
            "-" + "9" * size + ".9",
            "1." + "0" * size + "1",
            "1e" + "9" * size,
            "[" + '"a" ' * (size // 20) + "]",
            "{" + " ".join(f"a{n}: 1" for n in range(size // 20)) + "}",
        )
    )
    field = chance.choice(
        ("person(nationalId: %s)", "warnings(first: %s)", "people(nationalIds: %s)")
    )
    return _body("{ " + field % value + " { __typename } }")


def fragment_cycle(chance):
    """Fragments that spread one another in a ring."""
    count = _near(chance, 25)
    ring = "".join(
        f" fragment F{n} on Query {{ __typename ...F{(n + 1) % count} }}" for n in range(count)
    )
    return _body(f"{{ ...F{chance.randrange(count)} }}{ring}")


def fragment_fan(chance):
    """Fragments that double or triple from level to level."""
    levels, width = _near(chance, 12), chance.randint(2, 4)
    fan = "".join(f" fragment F{n} on Query {{ {f'...F{n + 1} ' * width} }}" for n in range(levels))
    return _body(f"{{ ...F0 }}{fan} fragment F{levels} on Query {{ __typename }}")


def many_fragments(chance):
    """Fragments side by side; a rule of validation compares each with each."""
    count = _near(chance, 50)
    inner = chance.choice(("__typename", 'person(nationalId: "x") { id }'))
    spread = " ".join(f"...F{n}" for n in range(count)) * chance.randint(1, 3)
    return _body(
        "{" + spread + "}" + "".join(f" fragment F{n} on Query {{ {inner} }}" for n in range(count))
    )


def overlapping(chance):
    """The same composite field again and again, so that all its selections are merged."""
    count, inner = _near(chance, 40), chance.randint(1, 20)
    fields = " ".join(chance.choice(LEAVES[:2]) for _ in range(inner))
    one = f'household(id: "x") {{ {fields} members {{ person {{ id id }} }} }} '
    return _body("{" + one * count + "}")


def many_operations(chance):
    """Operations by the dozen that share fragments."""
    count = _near(chance, 20)
    shared = " fragment F on Query { " + "__typename " * chance.randint(1, 40) + "}"
    return _body(
        "".join(f"query Q{n} {{ ...F }} " for n in range(count)) + shared, operationName="Q0"
    )


def many_variables(chance):
    """Variables that are declared, used or not, of types as deep as one likes."""
    count, depth = _near(chance, 100), _near(chance, 60)
    kind = "[" * depth + "Int" + "]" * depth
    declared = " ".join(
        f"$v{n}: {chance.choice((kind, 'Boolean = true', 'String'))}" for n in range(count)
    )
    used = " ".join(f"a{n}: __typename @skip(if: $v{n})" for n in range(count // 2))
    return _body(
        f"query ({declared}) {{ __typename {used} }}", {f"v{n}": True for n in range(count)}
    )


def deep_values(chance):
    """Lists and objects nested in a literal or a variable."""
    depth = _near(chance, chance.choice((16, 64, 1_000, 100_000)))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}")))
    value = opening * depth + ("1" if opening != "[" else "") + closing * depth
    if chance.random() < 0.5:
        literal = value.replace('"', "")
        return _body("{ people(nationalIds: " + literal + ") { status } }")
    head = b'{"query":"query($n:[String!]!){people(nationalIds:$n){status}}","variables":{"n":'
    return head + value.encode() + b"}}"


def many_numbers(chance):
    """As many numbers as may be asked for, or one more."""
    count = chance.choice((4_999, 5_000, 5_001, 20_000, 60_000))
    numbers = [chance.choice((NUMBER, "x", "6" * 18, "")) for _ in range(count)]
    fields = chance.choice(("index", "status", "person { id population { name } }"))
    return _body(
        f"query ($n: [String!]!) {{ people(nationalIds: $n) {{ {fields} }} }}", {"n": numbers}
    )


def bad_encoding(chance):
    """Bytes that are no UTF-8, or another encoding, or a text with half a character."""
    body = _body('{ person(nationalId: "漢") { id } }')
    return chance.choice(
        (
            b"\xef\xbb\xbf" + body,
            body.decode().encode("utf-16"),
            body.decode().encode("utf-32-le"),
            body + b"\x00",
            body[: chance.randrange(len(body))],
            bytes(chance.randrange(256) for _ in range(chance.randrange(4_000))),
            body.replace(b"person", b"per\xffson"),
            body.replace(b"person", b"\xed\xa0\x80"),
            b'{"query":"\\ud83c"}',
            b'{"query":"{ person(nationalId: \\"\\\\ud83c\\") { id } }"}',
            b'{"query":"{ person(nationalId: \\"\\\\u{110000}\\") { id } }"}',
            b'{"query":"{ person(nationalId: \\"\\u0000\\") { id } }"}',
            b'{"query":"\\ufeff{ __typename }"}',
        )
    )


def nul_in_a_value(chance):
    """The character NUL where a text goes to the database."""
    text = chance.choice(("\0", "a\0b", "\\u0000"))
    argument = chance.choice(("assignee", "region"))
    document = f"query ($t: String) {{ warnings({argument}: $t) {{ __typename }} }}"
    return _body(document, {"t": text})


def twice(chance):
    """Keys that stand twice, a few or many thousand."""
    count = _near(chance, chance.choice((2, 100, 8_000)))
    pairs = ",".join(f'"n{chance.randrange(3)}" : {n}' for n in range(count))
    return b'{"query":"{ __typename }","variables":{' + pairs.encode() + b"}}"


def huge_numbers(chance):
    """Numbers in JSON that no type of ours has."""
    number = chance.choice(
        ("9" * _near(chance, 4_300), "-" + "9" * 100_000, "1e999", "1e-999999", "0." + "1" * 50_000)
    )
    document = "query ($n: Int) { warnings(first: $n) { __typename } }"
    head = json.dumps({"query": document})[:-1]
    return f'{head},"variables":{{"n":{number}}}}}'.encode()


def comment_bomb(chance):
    """Comments and blanks without end."""
    count = _near(chance, 3_000)
    filler = chance.choice(("#\n", "# a\n", ",,,,", " \t\n", "\ufeff", "#" + "x" * 60 + "\n"))
    return _body(filler * count + "{ __typename }")


def block_string(chance):
    """Block strings with many lines, quotes and escapes."""
    size = _near(chance, 6_000)
    inner = chance.choice(("\n", " \n", '\\"""', "\t\n  ", '""', "a\r\n"))
    ending = chance.choice(('"""', '""', ""))
    return _body('{ person(nationalId: """' + inner * size + ending + ") { id } }")


def introspection_bomb(chance):
    """Types of fields of types, many times."""
    inner = "name"
    for _ in range(_near(chance, 3)):
        inner = (
            chance.choice(("fields", "interfaces", "possibleTypes", "inputFields"))
            + " { name type { "
            + inner
            + " } }"
        )
        inner = (
            inner
            if "fields {" in inner or "inputFields" in inner
            else inner.replace("type {", "ofType {")
        )
    count = _near(chance, 20)
    each = f"__schema {{ types {{ name {inner} }} }}"
    return _body("{" + " ".join(f"a{n}: {each}" for n in range(count)) + "}")


def wide_introspection(chance):
    """The whole schema, once or a few times."""
    count = chance.randint(1, 6)
    each = (
        "__schema { types { name kind description fields { name args { name type { name } } "
        "type { name kind } } } }"
    )
    return _body("{" + " ".join(f"a{n}: {each}" for n in range(count)) + "}")


def mutations(chance):
    """Mutations side by side."""
    count = _near(chance, 60)
    return _body("mutation {" + " ".join(f"a{n}: __typename" for n in range(count)) + "}")


def wide_lists(chance):
    """Pages of households, things by their ids and people, many of each side by side."""
    count = _near(chance, 60)
    kinds = (
        "households(first: 1) { totalCount edges { node { id } } }",
        'node(id: "x") { __typename id }',
        'person(nationalId: "x") { id household { id members { person { id } } } }',
        "_service { sdl }",
    )
    roots = (f"a{n}: {chance.choice(kinds)}" for n in range(count))
    return _body("{" + " ".join(roots) + "}")


def representations(chance):
    """What a gateway might ask about, by the thousand, well-formed or not."""
    wrong = (7, None, [[]], {"__typename": "Nobody"}, {"__typename": "Person", "id": {"a": 1}})
    good = {"__typename": "Person", "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}
    some = [chance.choice((good, good, *wrong)) for _ in range(_near(chance, 200))]
    document = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    return _body(document, {"r": some})


def filters(chance):
    """Filters with lists as long as a body may hold, and texts that are none of theirs."""
    texts = [chance.choice(("x" * 50, "420106", "%", "'")) for _ in range(_near(chance, 4_000))]
    chosen = {"region": chance.choice(("42", "%", "")), "alerts": {"assignee": texts}}
    document = "query ($f: HouseholdFilter) { households(filter: $f) { edges { cursor } } }"
    return _body(document, {"f": chosen})


def noise(chance):
    """Words and punctuators in no order."""
    signs = [*"{}()[]:!$@=|&,#1", '"', '"""', "...", "-1", "1.5e3"]
    count = chance.randint(1, 3_500)
    return _body(" ".join(chance.choice((*signs, *WORDS)) for _ in range(count)))


def almost_valid(chance):
    """A valid document, a few characters of it changed."""
    text = list(
        "query Q($n: [String!]!) { people(nationalIds: $n) { index status person { id "
        "population { name birthDate } household { id members { person { id } } } } } }"
    )
    for _ in range(chance.randint(1, 4)):
        text[chance.randrange(len(text))] = chance.choice('{}()[]:!$@"# a1漢\\\n\t')
    return _body("".join(text), {"n": [NUMBER]})


KINDS = (
    deep_selection, deep_nonsense, wide, wide_and_distinct, alias_bomb, directive_bomb,
    huge_literal, fragment_cycle, fragment_fan, many_fragments, overlapping, many_operations,
    many_variables, deep_values, many_numbers, bad_encoding, nul_in_a_value, twice, huge_numbers,
    comment_bomb, block_string, introspection_bomb, wide_introspection, mutations, wide_lists,
    representations, filters, noise, almost_valid,
)  # fmt: skip


def repeated():
    """Return bodies in which as many roots as there may be name one variable that is long."""

    def body(declared, value, root, beside=""):
        roots = " ".join(f"a{n}: {root}" for n in range(60))
        return _body(f"query ($v: {declared}) {{ {roots} {beside} }}", {"v": value})

    numbers = [f"{NUMBER[:-4]}{n:04d}" for n in range(5_000)]
    regions = [f"42{n:010d}" for n in range(19_000)]
    listed = "households(first: 200, filter: $v) { totalCount edges { cursor } }"
    texts, plain = "[String!]!", "households { totalCount edges { cursor } }"
    inside = "households(filter: {alerts: {assignee: $v}}) { totalCount }"
    clerks: list[object] = ["x" * 20] * 19_000
    return {
        "numbers": body(texts, numbers, "people(nationalIds: $v) { status }"),
        "texts of a filter": body("HouseholdFilter", {"alerts": {"assignee": clerks}}, listed),
        "texts inside a filter": body(texts, clerks, inside),
        "the last is no text": body(
            "HouseholdFilter", {"alerts": {"assignee": [*clerks[1:], 5]}}, listed
        ),
        "the last is no band": body(
            "[Band!]", ["RED"] * 19_000 + [5], "warnings(bands: $v) { totalCount }"
        ),
        "regions": body("HouseholdFilter", {"regions": regions}, listed),
        "statuses": body("[String!]", regions, "warnings(statuses: $v) { totalCount }"),
        "lists beside numbers": body(texts, numbers, plain, "people(nationalIds: $v) { status }"),
    }


def hostile(seed):
    """Return the name of a kind and a body of it; the kinds take turns."""
    kind = KINDS[seed % len(KINDS)]
    return kind.__name__, kind(Random(seed))
