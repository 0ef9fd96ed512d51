"""OpenAPI is the truth: its examples make a market day, and whatever is asked is answered so."""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from platone.bootstrap.interface import route_problems
from platone.infra.http.wire import SCHEMAS

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
EVE = datetime(2021, 6, 22, 12, 30, tzinfo=UTC)
"""14:30 in Rome on the eve of the examples' day: the gate of its day-ahead session is open."""
PARTIES = ("ACEAE", "AUDITOR", "MO", "MDA", "DSO", "TSO", "CUSTOMER-1", "DPO", "")
JSON = "application/json"
AGAINST_ALL = "PUT /api/clock"
"""A call that all that comes after would see: left to the parties that may not make it."""
MODES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}
"""What is sent, as the document allows it or not, and how many calls of each route."""
_quick = settings(
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, outside_at: Callable[..., Any]
) -> Iterator[Any]:
    found = outside_at(tmp_path_factory.mktemp("openapi") / "data", EVE)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def operations(server: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": told
        for path, methods in server.described.document["paths"].items()
        for method, told in methods.items()
    }


def bodies(told: Any) -> Iterator[tuple[str, str, Any]]:
    """The bodies of a route: where, media type, and what OpenAPI says of it."""
    for where, answer in [("body", told.get("requestBody", {})), *told["responses"].items()]:
        for kind, content in answer.get("content", {}).items():
            yield where, kind, content


def examples(content: Any) -> list[Any]:
    several = [each["value"] for each in content.get("examples", {}).values()]
    return several or ([content["example"]] if "example" in content else [])


def test_each_route_is_told_in_words(operations: Any) -> None:
    assert len(operations) >= 100
    for name, told in operations.items():
        assert " " in told["summary"], f"{name}: begin its docstring with a sentence"
        for each in told.get("parameters", ()):
            said = each.get("description")
            assert said, f"{name}: describe {each['name']}, or in [parameter] of example.toml"


def test_each_body_has_an_example(operations: Any) -> None:
    for name, told in operations.items():
        for where, kind, content in bodies(told):
            assert content["schema"], f"{name}: say what its {where} {kind} holds"
            is_binary = content["schema"].get("format") == "binary"
            assert is_binary or examples(content), (
                f"{name}: its {where} ({kind}) has no example; tell the values of new fields in "
                "src/platone/messages/example.toml"
            )


def test_examples_are_what_their_schemas_ask_for(server: Any, operations: Any) -> None:
    components = server.described.document["components"]
    checks: dict[str, Any] = {}
    for name, told in operations.items():
        for where, kind, content in bodies(told):
            if "json" in kind:
                schema = content["schema"]
                if (key := json.dumps(schema)) not in checks:
                    checks[key] = jsonschema_rs.Draft202012Validator(
                        schema | {"components": components}, validate_formats=True
                    )
                for example in examples(content):
                    wrong = [
                        f"{e.instance_path}: {e.message}" for e in checks[key].iter_errors(example)
                    ]
                    assert wrong == [], (name, where, kind)


def test_examples_are_decoded_as_the_messages_they_are_of(server: Any) -> None:
    made = server.described.document["components"]["schemas"]
    assert SCHEMAS.kinds.keys() <= made.keys() | {"Problem"}
    for name, kind in SCHEMAS.kinds.items():
        for example in made[name].get("examples", ()):
            msgspec.json.decode(json.dumps(example), type=kind)


def test_each_field_is_described(server: Any) -> None:
    for name, schema in server.described.document["components"]["schemas"].items():
        for field, kind in schema.get("properties", {}).items():
            assert "description" in kind or len(kind.get("enum", "several")) == 1, (
                f"{name}.{field}: describe it under Attributes: in the docstring of {name}"
            )


def test_problems_are_told_of_routes_that_exist(operations: Any) -> None:
    assert route_problems().keys() <= operations.keys(), route_problems().keys() - operations.keys()


def test_server_and_version_are_told(server: Any) -> None:
    document = server.described.document
    assert document["servers"] == [{"url": server.base_url}]
    assert document["info"]["version"] != "1"
    assert {
        tag for told in document["paths"].values() for each in told.values() for tag in each["tags"]
    } == {each["name"] for each in document["tags"]}


DAY = [
    ("ACEAE", "POST /api/scd/pods", 201),
    ("DSO", "PUT /api/scd/pods/{pod_id}/pom", 200),
    ("ACEAE", "POST /api/scd/baselines", 200),
    ("DSO", "PUT /api/dso/networks/{network_id}", 201),
    ("DSO", "POST /api/dso/podAssociation", 200),
    ("DSO", "POST /api/dso/powerFlow", 200),
    ("DSO", "POST /api/dso/alignment", 200),
    ("MO", "POST /api/marketSession", 200),
    ("ACEAE", "POST /api/flexibilityService", 201),
    ("MDA", "POST /api/certification", 201),
    ("ACEAE", "POST /api/aggregator/pods", 200),
]
"""Calls of the eve by the examples alone: who makes them, in their order, and what they answer."""


def call(server: Any, party: str, name: str, told: Any) -> Any:
    """Make a call with the examples that OpenAPI gives."""
    method, _, path = name.partition(" ")
    for each in told.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    content = told.get("requestBody", {}).get("content", {}).get(JSON)
    return server.call(party, method, path, None if content is None else content["example"])


def test_examples_make_a_market_days_eve(server: Any, operations: Any) -> None:
    for party, name, status in DAY:
        answer = server.wait(partial(taken, server, party, name, operations[name], status))
        assert '"status":"refused"' not in answer.text, (name, answer.text)


def taken(server: Any, party: str, name: str, told: Any, status: int) -> Any:
    """An answer of the status, or None: one party learns a moment later what another was told."""
    answer = call(server, party, name, told)
    return answer if answer.status_code == status else None


def test_each_party_gets_what_is_described(server: Any, operations: Any) -> None:
    for name, told in operations.items():
        for party in PARTIES:
            if name != AGAINST_ALL or party != "MO":
                call(server, party, name, told)


def can_be_wrong(told: Any) -> bool:
    """Whether anything of a call could be of another form than is told: any text is text."""
    schemas = [each["schema"] for each in told.get("parameters", ())]
    return "requestBody" in told or any(each != {"type": "string"} for each in schemas)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_whatever_is_asked_is_answered_as_described(server: Any, mode: GenerationMode) -> None:
    session = requests.Session()
    ca_file = str(Path(server.data) / "ca.pem")
    wrong: list[str] = []
    for found in server.described.schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation.definition.raw):
            continue

        @seed(20210622)
        @settings(_quick, max_examples=MODES[mode])
        @given(case=operation.as_strategy(generation_mode=mode), party=st.sampled_from(PARTIES))
        def ask(case: Any, party: str) -> None:
            if party == "MO" and case.operation.label == AGAINST_ALL:
                return
            headers = {"Authorization": f"Bearer {server.token(party)}"} if party else {}
            headers |= {"Audit-Case": "generated"} if party == "AUDITOR" else {}
            answer = case.call(session=session, headers=headers, verify=ca_file, timeout=30)
            try:
                case.validate_response(answer, checks=CHECKS)
            except (Failure, FailureGroup) as failure:
                wrong.append(f"{party}: {failure}")

        with contextlib.suppress(Unsatisfiable):  # where everything is allowed, nothing is wrong
            ask()
    assert not wrong, "\n".join(wrong)[:10_000]
    assert server.call("", "GET", "/health").json()["status"] == "ready"
