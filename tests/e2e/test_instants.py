"""One rule for instants, the years 2000 to 2099, at each route whose body names one."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from .rights_table import PARTIES, rights

OUTSIDE = ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00"]
JSON = "application/json"
BY_ITEM = {  # each item has its own answer, so that one that is wrong harms no other
    "/api/scd/baselines",
    "/api/scd/measurements",
    "/api/scd/setpoints",
    "/api/scd/pods",
    "/api/aggregator/pods",
    "/api/aggregator/baselines",
    "/api/dso/setpoints",
}


def _is_instant(value: Any) -> bool:
    if not isinstance(value, str) or "T" not in value:
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _places(item, (*path, key))
    elif _is_instant(value):
        yield path


def _with(body: Any, place: tuple[Any, ...], instant: str) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = instant
    return changed


def _callers() -> dict[tuple[str, str], str]:
    """A party that may call, by route."""
    return {
        (each.method, each.path): PARTIES[each.role]
        for each in rights()
        if each.outcome in {"all", "own"}
    }


def _cases(document: Any) -> Iterator[tuple[str, str, str, Any, tuple[Any, ...]]]:
    """Every instant in every example of a body, and who may send it."""
    callers = _callers()
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {}).get(JSON, {})
            several = [each["value"] for each in content.get("examples", {}).values()]
            for body in several or [content.get("example")]:
                for place in _places(body):
                    verb = method.upper()
                    yield callers[verb, path], verb, path, body, place


@pytest.mark.parametrize("instant", OUTSIDE)
def test_no_route_takes_an_instant_outside_the_years(outside: Any, instant: str) -> None:
    seen, wrong = set(), []
    for party, method, path, body, place in _cases(outside.described.document):
        address = re.sub(r"\{\w+\}", "IT001", path)
        sent = json.dumps(_with(body, place, instant)).encode()
        answer = outside.http.request(
            method,
            address,
            content=sent,
            headers={"Authorization": f"Bearer {outside.token(party)}", "Content-Type": JSON},
        )
        seen.add(path)
        said = answer.json()
        if path in BY_ITEM and "results" in said:
            problems = [each.get("problem") or {} for each in said["results"]]
        else:
            problems = [said]
        if "/problems/instant-out-of-range" not in {each.get("type") for each in problems}:
            wrong.append((method, path, place, answer.status_code, answer.text[:200]))
    assert wrong == []
    assert seen >= BY_ITEM
    assert len(seen) >= 18, seen


@pytest.mark.parametrize(
    "path",
    [
        "/api/dso/alarms",
        "/api/dso/networks/one-bus/picture",
        "/api/dso/networks/one-bus/heatMap",
    ],
)
@pytest.mark.parametrize("instant", OUTSIDE)
def test_no_address_names_one_either(outside: Any, path: str, instant: str) -> None:
    network: dict[str, Any] = {
        "format": "platone-network/1",
        "id": "one-bus",
        "name": "",
        "version": "1",
    }
    network |= {"buses": [{"id": "b", "nominalKv": 0.4}], "connectionPoints": []}
    network["sources"] = [{"id": "s", "bus": "b", "voltagePu": 1.0}]
    stored = outside.call("DSO", "PUT", "/api/dso/networks/one-bus", network)
    assert stored.status_code in {200, 201}, stored.text
    answer = outside.call("DSO", "GET", path, params={"startTime": instant})
    outside.refuse(answer, 422, "instant-out-of-range")


def test_the_bounds_of_a_search_may_be_any_instant(outside: Any) -> None:
    everything = {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}
    whole = outside.get("MDA", "/api/scd/measurements")
    assert outside.get("MDA", "/api/scd/measurements", params=everything) == whole
    whole = outside.get("MO", "/api/marketSession")
    assert outside.get("MO", "/api/marketSession", params=everything) == whole
