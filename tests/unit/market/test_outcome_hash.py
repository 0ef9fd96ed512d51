"""An outcome is named by the hash of all that it says, computed again by the standard library."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.unit.market.market_case import DSO, ask, grid_limit, offer, session

from platone.market.domain.clearing import clear, clear_to_store
from platone.messages.clearing import ClearingRules, Method
from platone.messages.market import RecordedSession

AS_OF = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
LEAST_COST = ClearingRules(method=Method.LEAST_COST)


def by_merit() -> RecordedSession:
    return session(ask("r", ["pod-a"], -20.0, 1.0, DSO), offer("pod-a", -50.0, 0.1))


def with_grid() -> RecordedSession:
    limits = (
        grid_limit("line/2", {"pod-a": 1.0}, most=-20.0, price=2.0),
        grid_limit("line/1", {"pod-a": 1.0}, most=-10.0, price=2.0),
    )
    return session(offer("pod-a", -50.0, 0.25), rules=LEAST_COST, limits=limits)


def digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("make", [by_merit, with_grid])
@pytest.mark.parametrize("as_of", [None, AS_OF])
def test_an_outcome_is_named_by_all_that_it_says(make: Any, as_of: datetime | None) -> None:
    recorded = msgspec.structs.replace(make(), baselines_as_of=as_of)
    cleared = clear_to_store(recorded)
    told = json.loads(cleared.document)
    assert told.pop("baselinesAsOf", None) == (None if as_of is None else "2021-06-22T13:30:00Z")
    name, output_hash = told.pop("marketOutcome"), told.pop("outputHash")
    assert digest(told) == output_hash
    assert name == cleared.name == output_hash[:24]
    assert told["inputHash"] == hashlib.sha256(cleared.recording).hexdigest()
    assert digest(json.loads(cleared.recording)) == told["inputHash"]
    assert cleared.traded == ["pod-a"]
    assert cleared.outcome.baselines_as_of == as_of


def test_shadow_prices_are_said_where_there_are_some() -> None:
    assert "shadowPrices" not in json.loads(clear_to_store(by_merit()).document)
    told = json.loads(clear_to_store(with_grid()).document)
    assert {each["name"] for each in told["shadowPrices"]} <= {"line/1", "line/2"}
    assert told["shadowPrices"]


def test_the_order_of_limits_changes_no_hash() -> None:
    one = with_grid()
    other = msgspec.structs.replace(one, grid_limits=one.grid_limits[::-1])
    assert clear(one) == clear(other)
