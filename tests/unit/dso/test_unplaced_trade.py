"""Trades of points of delivery that the network does not connect, and their linked orders."""

from typing import Any

from platone.dso.domain.unplaced_trade import barred_orders, by_place
from platone.grid.flexibility.validation import Verdict
from platone.grid.flow.limit import LimitState
from platone.messages.outcome import AcceptedPower


def trade(change_kw: float | None, **more: Any) -> AcceptedPower:
    told: dict[str, Any] = {"player_service_id": "o", "player_offer_id": "A", "index": 3}
    fixed = {"accepted_p_value": 1.0, "accepted_p_change": change_kw}
    return AcceptedPower(**told | fixed | more)


def nowhere(pod: str, kw: float) -> LimitState:
    return LimitState(element=pod, kind="unsupplied", value=kw, limit=0.0, unit="kW")


def test_what_is_not_connected_is_refused_whole_and_by_name() -> None:
    here = {("P1", 3): [trade(-2.0)], ("P1", 4): [trade(1.0)]}
    gone = {("P2", 3): [trade(-2.0), trade(0.5)], ("P3", 3): [trade(None, accepted_q_change=4.0)]}
    found = by_place({**gone, **here}, {"P1", "P4"})
    assert found.placed == here
    assert found.refused == {
        ("P2", 3): [
            Verdict(0.0, (nowhere("P2", -2.0),)),
            Verdict(0.0, (nowhere("P2", 0.5),)),
        ],
        ("P3", 3): [Verdict(0.0, (nowhere("P3", 0.0),))],
    }


def test_what_is_connected_and_not_known_is_refused_as_data_that_lack() -> None:
    """Who is neither connected nor known is not connected, in the first place."""
    trades = {
        ("P1", 3): [trade(-2.0, linked="block")],
        ("P2", 3): [trade(-3.0, linked="block")],
        ("P3", 3): [trade(4.0)],
    }
    found = by_place(trades, {"P1", "P2"}, {"P2", "P3"})
    lacks = LimitState(element="P2", kind="dataMissing", value=-3.0, limit=0.0, unit="kW")
    assert found.placed.keys() == {("P1", 3)}
    assert found.refused == {
        ("P2", 3): [Verdict(0.0, (lacks,))],
        ("P3", 3): [Verdict(0.0, (nowhere("P3", 4.0),))],
    }
    assert barred_orders([trades], {"P1", "P2"}, {"P2", "P3"}) == {("A", "o", "block"): (lacks,)}


def test_a_linked_order_falls_with_those_of_it_that_are_not_connected() -> None:
    """Orders are told apart by who offers, by offer, and by their name in it."""
    active = {
        ("P3", 3): [trade(-3.0, linked="block")],
        ("P2", 4): [trade(-2.0, linked="block"), trade(-9.0)],
        ("P2", 3): [trade(-2.5, linked="block")],
        ("P1", 3): [trade(1.0, linked="kept"), trade(1.0, linked="block")],
    }
    reactive = {
        ("P2", 3): [trade(None, linked="kvar", player_service_id="q")],
        ("P3", 4): [trade(5.0, linked="block", player_offer_id="B")],
    }
    assert barred_orders([active, reactive], {"P1"}) == {
        ("A", "o", "block"): (nowhere("P2", -2.5), nowhere("P2", -2.0), nowhere("P3", -3.0)),
        ("A", "q", "kvar"): (nowhere("P2", 0.0),),
        ("B", "o", "block"): (nowhere("P3", 5.0),),
    }
    assert barred_orders([active, reactive], {"P1", "P2", "P3"}) == {}
