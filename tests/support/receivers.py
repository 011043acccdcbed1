"""Receivers of encrypted answers: their keys, the example client, and what must be sealed."""

import importlib.util

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    get_named_type,
    is_abstract_type,
    parse,
)
from joserfc.jwk import ECKey, OKPKey

from hub.http.clients import Span, encryption_key
from hub.http.encryption import encryption_jwk
from hub.query.receiving import Form, Receiving
from hub.sealing.recipients import JoseRecipient
from schema.catalogue import Classification, CoreField
from tests.support.golden import ROOT

_PLACE = ROOT / "examples" / "receiving_client.py"


def example():
    """Return the example client as a module."""
    spec = importlib.util.spec_from_file_location("receiving_client", _PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def new_pair(curve="P-256", kid="enc-1"):
    kind = OKPKey if curve == "X25519" else ECKey
    return kind.generate_key(curve, {"kid": kid})


def jwk_of(pair):
    return encryption_jwk("the key", pair.as_dict(private=False) | {"use": "enc"})


def registered_key(pair, *span):
    return encryption_key(jwk_of(pair), Span(*span))


def receiving(pair, form=Form.FIELDS, sign=None):
    recipient = None if pair is None else JoseRecipient(jwk_of(pair))
    return Receiving(form, recipient, sign)


def is_sealed(value):
    return isinstance(value, str) and value.startswith("eyJ") and value.count(".") == 4


class Classes:
    """Which leaves of an answer are class S or X: by the schema and the catalogue, not by us."""

    def __init__(self, schema, catalogue, document):
        self._schema = schema
        self._catalogue = catalogue
        parsed = parse(document)
        (self._operation,) = (d for d in parsed.definitions if hasattr(d, "operation"))
        self._fragments = {d.name.value: d for d in parsed.definitions if d is not self._operation}

    def leaves(self, data):
        """Go through the leaves: path, value, whether it is sensitive; null is none."""
        yield from self._object(
            self._schema.query_type, self._operation.selection_set, data, "/data", is_shut=False
        )

    def _object(self, kind, selections, tree, path, is_shut):
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield from self._field(kind, node, tree, path, is_shut)
                continue
            spread = node
            if isinstance(node, FragmentSpreadNode):
                spread = self._fragments[node.name.value]
            on = self._schema.type_map[spread.type_condition.name.value]
            if kind is on or is_abstract_type(on):
                yield from self._object(kind, spread.selection_set, tree, path, is_shut)

    def _field(self, kind, node, tree, path, is_shut):
        key = node.alias.value if node.alias else node.name.value
        if node.name.value == "__typename":
            return
        found = self._catalogue.field(f"{kind.name}.{node.name.value}")
        if found is not None and not isinstance(found, CoreField):
            is_shut = found[1].classification is not Classification.GENERAL
        inner = get_named_type(kind.fields[node.name.value].type)
        yield from self._value(inner, node.selection_set, tree[key], f"{path}/{key}", is_shut)

    def _value(self, kind, selections, tree, path, is_shut):
        if isinstance(tree, list):
            for n, each in enumerate(tree):
                yield from self._value(kind, selections, each, f"{path}/{n}", is_shut)
        elif tree is None:
            return
        elif selections is None:
            yield path, tree, is_shut
        else:
            if is_abstract_type(kind):
                kind = self._schema.type_map[tree["__typename"]]
            yield from self._object(kind, selections, tree, path, is_shut)
