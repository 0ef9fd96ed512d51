"""Linked trades on a grid that is a number: together they pass a limit, or they do not."""

from collections.abc import Sequence

import pytest

from platone.dso.domain.linked_trades import judge_together
from platone.grid.flexibility.validation import Trade, Validation, Verdict
from platone.grid.flow.limit import LimitState

CAUSE = LimitState(element="line/1", kind="current", value=2.0, limit=1.0, unit="A")


def trade(kw: float, scenario: int = 0) -> Trade:
    return Trade(
        pod_id="POD", scenario=scenario, change_kw=kw, price_eur_per_kwh=0.1, kvar_per_kw=0.0
    )


def at_most(*caps_kw: float) -> object:
    """A grid that takes so much in each quarter-hour, and cuts the last trades first."""

    def judge(trades: Sequence[Trade]) -> Validation:
        left, verdicts = list(caps_kw), []
        for each in trades:
            kw = min(each.change_kw, left[each.scenario])
            left[each.scenario] -= kw
            verdicts.append(Verdict(kw, (CAUSE,) if kw < each.change_kw else ()))
        return Validation(tuple(verdicts), (), ())

    return judge


def judged(trades: list[Trade], links: list[str | None], *caps_kw: float) -> list[float]:
    found = judge_together(trades, links, at_most(*caps_kw))  # type: ignore[arg-type]
    return [verdict.accepted_kw for verdict in found.verdicts]


@pytest.mark.parametrize(
    ("links", "caps_kw", "taken_kw"),
    [
        ([None, None], (3.0, 3.0), [3.0, 3.0]),
        (["a", "a"], (5.0, 5.0), [5.0, 5.0]),
        (["a", "a"], (5.0, 3.0), [0.0, 0.0]),
        (["a", None], (5.0, 3.0), [5.0, 3.0]),
        (["a", "b"], (3.0, 5.0), [0.0, 5.0]),
    ],
)
def test_a_linked_order_is_taken_whole_or_not_at_all(
    links: list[str | None], caps_kw: tuple[float, float], taken_kw: list[float]
) -> None:
    assert judged([trade(5.0, 0), trade(5.0, 1)], links, *caps_kw) == taken_kw


def test_what_falls_makes_room_for_others_and_tells_why() -> None:
    trades = [trade(5.0), trade(4.0, 1), trade(4.0)]
    found = judge_together(trades, ["a", "a", None], at_most(6.0, 3.0))  # type: ignore[arg-type]
    assert [verdict.accepted_kw for verdict in found.verdicts] == [0.0, 0.0, 4.0]
    assert [verdict.causes for verdict in found.verdicts] == [(CAUSE,), (CAUSE,), ()]


def test_an_order_that_is_barred_falls_whatever_the_grid_could_take() -> None:
    """Of the 6 kW that the grid takes then all 4 of the other trade are left."""
    trades = [trade(5.0), trade(4.0), trade(1.0, 1)]
    bar = LimitState(element="POD", kind="dataMissing", value=5.0, limit=0.0, unit="kW")
    found = judge_together(
        trades,
        ["a", "b", "a"],
        at_most(6.0, 6.0),  # type: ignore[arg-type]
        {"a": (bar,), "c": (CAUSE,)},
    )
    assert [verdict.accepted_kw for verdict in found.verdicts] == [0.0, 4.0, 0.0]
    assert [verdict.causes for verdict in found.verdicts] == [(bar,), (), (bar,)]
