"""The receiver's forms and routes say the same as the OpenAPI document it is made from."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from connectors.outbound import recognition
from hub.demo.systems import recognition_form
from hub.demo.systems.receiver import Receiver
from schema.codes import ASSISTANCE_CATEGORY

DOCUMENT = yaml.safe_load(
    (Path(__file__).parents[2] / "openapi/departments/recognition.yaml").read_text(encoding="utf-8")
)
SCHEMAS = DOCUMENT["components"]["schemas"]


def plain(schema):
    """Return a schema without its prose and its way of naming others."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: plain(value) for key, value in schema.items() if key not in {"description", "title"}
    }
    if "$ref" in kept:
        kept["$ref"] = kept["$ref"].rpartition("/")[2]
    if "required" in kept and isinstance(kept["required"], list):
        kept["required"] = sorted(kept["required"])
    return kept


def properties(schema):
    return {name: plain(value) for name, value in schema["properties"].items()}


@pytest.mark.parametrize("name", ["RecognitionEvent", "Recognition", "Acknowledgement", "Received"])
def test_a_form_of_the_receiver_is_the_documents(name):
    made = msgspec.json.schema_components(
        [getattr(recognition_form, name)], ref_template="#/components/schemas/{name}"
    )[1][name]
    written = SCHEMAS[name]

    assert properties(made) == properties(written)
    assert sorted(made["required"]) == sorted(written["required"])
    assert made["additionalProperties"] is written["additionalProperties"] is False


def test_the_receiver_serves_the_documents_routes_and_no_others():
    routes = {
        (route.path, method)
        for route in Receiver(None, None, None, None).app().routes
        for method in route.methods - {"HEAD"}
    }

    assert routes == {
        (path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods
    }


def test_the_receiver_answers_with_the_documents_statuses_and_no_others():
    source = Path(Receiver.__module__.replace(".", "/") + ".py")
    text = (Path(__file__).parents[2] / source).read_text(encoding="utf-8")
    answered = set(re.findall(r"_problem\((\d{3})", text)) | {"202", "500"}

    assert answered == set(DOCUMENT["paths"]["/recognitions"]["post"]["responses"])


def test_our_words_are_those_of_the_document():
    data = SCHEMAS["Recognition"]["properties"]
    statuses = SCHEMAS["Acknowledgement"]["properties"]["status"]["enum"]

    assert sorted(data["change"]["enum"]) == sorted(recognition.Change)
    assert sorted(statuses) == sorted(recognition.Status)
    assert sorted(data["category"]["enum"]) == sorted(c.value for c in ASSISTANCE_CATEGORY.codes)


def test_the_receivers_and_what_each_may_answer_are_those_of_the_document():
    stated = {name: set(each["statuses"]) for name, each in DOCUMENT["x-receivers"].items()}

    assert stated == {name: set(each) for name, each in recognition.STATUSES.items()}
    assert tuple(stated) == recognition.RECEIVERS
    assert set.union(*stated.values()) == set(
        SCHEMAS["Acknowledgement"]["properties"]["status"]["enum"]
    )
