"""Lists are answered in parts: each route tells how many, and its parts come to the whole."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .rights_day import OWN_POD, Day
from .rights_table import PARTIES, rights

WHOLE = {
    "/.well-known/jwks.json": "the issuer's keys: two at most",
    "/.well-known/oauth-authorization-server": "what the server can do",
    "/.well-known/openid-configuration": "what the server can do",
    "/api/chain": "the members of a consortium, and the ledger's contracts",
    "/api/identity/passkeys": "a person has twenty at most",
    "/api/scd/erasures/{erasure_id}": "one part a context",
    "/api/scd/notices": "a customer has ten browsers at most",
    "/api/scd/pods/{pod_id}": "one curve of a day",
    "/api/scd/powerCurves": "as many steps as are asked for",
    "/api/marketOutcome/{identifier}": "one document under one hash",
    "/api/technicalOutcome/{identifier}": "one document under one hash",
    "/api/validatedOutcome/{identifier}": "one document under one hash",
    "/api/marketSession/{session_id}/recording": "one document under one hash",
    "/api/settlement/{identifier}": "one document under one hash",
    "/api/settlement/{identifier}/recording": "one document under one hash",
    "/api/dso/technicalOutcome/{market_outcome}": "one document under one hash",
    "/api/dso/validatedOutcome/{market_outcome}": "one document under one hash",
    "/api/qualification/{qualification_id}": "the steps of one qualification",
    "/api/settlementDispute/{dispute_id}": "the steps of one dispute",
    "/api/topics/{topic}": "a feed, which has no end",
    "/api/webhook": "two hundred at most",
    "/api/dso/profiles/curves": "three kinds of day in twelve months",
    "/api/dso/networks/{network_id}": "a file",
    "/api/dso/networks/{network_id}/changes": "as many as are told one by one",
    "/api/dso/phasorPower/{device}": "in parts of time: its `next` is the next one's `from`",
    "/api/dso/stateEstimation": "the remarks of one calculation",
    "/api/dso/stateEstimation/{run_id}": "the remarks of one calculation",
    "/api/dso/stateEstimation/{run_id}/components": "the messages of one calculation",
    "/api/certification/getByTransaction": "the records of one transaction",
    "/api/certification/states": "as many as are named, two hundred at most",
    "/api/certification/proof/{identifier}": "one proof",
    "/api/contracts/settlements/{settlement_id}": "the receipt of one order",
    "/api/books/reconciliation": "a hundred at most",
}
"""The lists that are one thing, or bounded in another way, and how."""
REFUSED = {"/api/scd/baselines", "/api/scd/measurements", "/api/scd/setpoints", "/api/scd/outcomes"}
"""Series of a span of time, of which too many are refused as `answer-too-large`."""
OVERSEERS = ("MO", "DPO", "MDA", "DSO", "ACEAE", "CUSTOMER-1")
"""Parties of which the first that may read a list reads it: no auditor, whose calls are listed."""


@pytest.fixture(scope="module")
def document(day: Day) -> Any:
    return day.server.http.get("/openapi.json").json()


def lists(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """Path, description and schema of each GET route whose answer holds a list."""
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        told = methods.get("get", {"responses": {}})
        content = told["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        found = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        kinds = [found, *found.get("properties", {}).values()]
        if any("array" in {kind.get("type"), *_of_any(kind)} for kind in kinds):
            yield path, told, found


def _of_any(schema: Any) -> list[Any]:
    return [each.get("type") for each in schema.get("anyOf", ())]


def in_parts(document: Any) -> dict[str, Any]:
    """The description of each route that answers a list in parts."""
    return {
        path: told for path, told, _ in lists(document) if path not in WHOLE and path not in REFUSED
    }


def test_every_list_has_a_bound_and_goes_on(document: Any) -> None:
    """Each new route is in parts, or stands above with what bounds it."""
    unbounded = []
    for path, told, schema in lists(document):
        if path in WHOLE:
            continue
        if path in REFUSED:
            problems = told["responses"]["413"]["content"]["application/problem+json"]
            assert "answer-too-large" in str(problems), path
            continue
        asked = {each["name"]: each["schema"] for each in told["parameters"]}
        if not ({"after", "limit"} <= asked.keys() and "next" in schema["properties"]):
            unbounded.append(path)
            continue
        assert asked["limit"]["minimum"] == 1, path
        assert asked["limit"]["default"] <= asked["limit"]["maximum"] <= 10_000, path
    assert unbounded == []
    assert WHOLE.keys() | REFUSED <= {path for path, _, _ in lists(document)}
    assert len(in_parts(document)) >= 35


def test_parts_of_one_item_come_to_the_whole_list(day: Day, document: Any) -> None:
    """Whoever follows `next` reads what one long answer holds, in the same order, each once."""
    lengths: dict[str, int] = {}
    for path, told in in_parts(document).items():
        party = reader(path)
        most = next(each for each in told["parameters"] if each["name"] == "limit")
        whole = ask(day, party, path, {"limit": most["schema"]["maximum"]})
        if whole is None:
            continue
        assert whole["next"] is None, path
        found: list[Any] = []
        after: str | None = ""
        while after is not None:
            part = ask(day, party, path, {"limit": 1, "after": after})
            assert len(items(part)) <= 1, path
            found += items(part)
            after = part["next"]
        assert len(found) == lengths.setdefault(path, length(whole)), path
        if path != "/api/aggregator/remuneration":  # a line of a PoD at a time
            assert found == items(whole), path
    assert sum(each > 1 for each in lengths.values()) >= 12, lengths


def test_a_place_that_is_none_is_refused(day: Day, document: Any) -> None:
    for path in in_parts(document):
        party = reader(path)
        if ask(day, party, path, {"limit": 1}) is None:
            continue
        for after, slug in (("\0", "place-unknown"), ("x" * 1001, "malformed-message")):
            refuse(day, party, path, {"after": after}, slug)
        refuse(day, party, path, {"limit": 0}, "malformed-message")


def reader(path: str) -> str:
    allowed = {
        PARTIES[each.role]
        for each in rights()
        if each.path == path and each.method == "GET" and each.outcome != "no"
    }
    return next(party for party in OVERSEERS if party in allowed)


def called(day: Day, party: str, path: str, params: Any) -> Any:
    names = day.names(OWN_POD, party)
    filled = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)
    return day.server.call(party, "GET", filled, params=params)


def ask(day: Day, party: str, path: str, params: Any) -> Any:
    """The answer; none where there is no such thing on this day."""
    answer = called(day, party, path, params)
    assert answer.status_code in {200, 404}, (path, answer.text)
    return answer.json() if answer.status_code == 200 else None


def refuse(day: Day, party: str, path: str, params: Any, slug: str) -> None:
    answer = called(day, party, path, params)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}"), (
        path,
        answer.text,
    )


def items(answer: Any) -> list[Any]:
    """The items of a part; what is told beside the list, such as netting, comes with the first."""
    (found,) = [
        value for name, value in answer.items() if isinstance(value, list) and name != "netting"
    ]
    return list(found)


def length(answer: Any) -> int:
    return sum(len(each["lines"]) if "netEur" in each else 1 for each in items(answer))
