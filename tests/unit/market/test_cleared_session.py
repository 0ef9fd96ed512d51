"""A cleared session as it is stored: whatever order its lists came in, and with who trades."""

from hashlib import sha256
from random import Random

import msgspec
import pytest
from msgspec import structs
from tests.unit.market.linked_case import Case, Part
from tests.unit.market.market_case import TSO, ask, grid_limit, offer, session

from platone.market.domain.clearing import ClearedSession, clear, clear_to_store
from platone.messages.clearing import ClearingRules, Method
from platone.messages.market import LeftOut, RecordedSession
from platone.messages.order import OrderTerms

JOINT = ClearingRules(method=Method.LEAST_COST)


def left_out(pod: str, index: int, name: str = "late") -> LeftOut:
    return LeftOut(
        player_id="AGG", player_service_id=name, pod=pod, index=index, reason="notRegistered"
    )


def whole() -> RecordedSession:
    """A session with several of everything."""
    recorded = session(
        offer("POD2", -50, 0.1),
        offer("POD1", -50, 0.05),
        offer("POD0", 30, 0.05),
        ask("dso", ["POD2"], -30, 0.5),
        ask("tso", ["POD2", "POD1"], -40, 0.5, TSO),
        rules=JOINT,
        limits=(
            grid_limit("b", {"POD2": 1.0}, most=40.0),
            grid_limit("a", {"POD1": 1.0}, most=50.0),
        ),
    )
    gone = left_out("POD2", 7), left_out("POD1", 9), left_out("POD1", 8, "b"), left_out("POD1", 8)
    return structs.replace(recorded, left_out=gone)


def shuffled(recorded: RecordedSession, seed: int) -> RecordedSession:
    draw = Random(seed)  # noqa: S311 - an order, not a secret
    lists = {
        name: draw.sample(list(given), len(given))
        for name, given in (
            ("pods", recorded.pods),
            ("flexibility_services", recorded.flexibility_services),
        )
    }
    tuples = {
        name: tuple(draw.sample(given, len(given)))
        for name, given in (("grid_limits", recorded.grid_limits), ("left_out", recorded.left_out))
    }
    return structs.replace(recorded, **lists, **tuples)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_lists_does_not_show(seed: int) -> None:
    first, other = clear_to_store(whole()), clear_to_store(shuffled(whole(), seed))
    assert (other.recording, other.document) == (first.recording, first.document)
    assert other.name == first.name


def test_names_are_beginnings_of_the_hash_of_what_is_said() -> None:
    cleared = clear_to_store(whole())
    assert cleared.outcome.input_hash == sha256(cleared.recording).hexdigest()
    said = msgspec.json.decode(cleared.document)
    assert said.pop("marketOutcome") == cleared.name == said["outputHash"][:24]
    shown = said.pop("outputHash")
    assert shown == sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def test_what_was_left_out_is_told() -> None:
    told = {
        (pod.pod, power.index): power.rejection_type_p
        for pod in clear(whole()).flexibility
        for power in pod.power
    }
    assert told["POD2", 7] == told["POD1", 8] == told["POD1", 9] == "notRegistered"
    assert ("POD0", 7) not in told


def traders(cleared: ClearedSession) -> list[str]:
    return sorted(
        {
            pod.pod
            for pod in cleared.outcome.flexibility
            for power in pod.power
            if power.accepted_p_change
        }
    )


@pytest.mark.parametrize("rules", [None, JOINT])
def test_who_trades_is_who_has_a_trade(rules: ClearingRules | None) -> None:
    recorded = session(
        offer("POD0", -10, 0.9),
        offer("POD1", -50, 0.1),
        offer("POD2", 30, 0.1),
        ask("dso", ["POD0", "POD1", "POD2"], -30, 0.5),
        rules=rules,
    )
    cleared = clear_to_store(recorded)
    assert sorted(cleared.traded) == traders(cleared) == ["POD1"]


def test_of_linked_orders_too() -> None:
    """40 kW at 0.1 cost less than the 20 kW of two others; of the rest nothing is needed."""
    whole_only = OrderTerms(least_share=1.0)
    offers = [
        [Part("POD-A", {0: 40.0}, 0.1, whole_only), Part("POD-A", {1: 5.0}, 0.1)],
        [Part("POD-B", {0: 10.0}, 0.3, whole_only), Part("POD-C", {0: 5.0}, 0.9)],
    ]
    cleared = clear_to_store(Case({0: 20.0}, 0.5, offers).session())
    assert cleared.traded == traders(cleared) == ["POD-A"]
