"""Who opens, answers and closes a dispute, and until when: each step by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.dispute import (
    Concerned,
    answer_dispute,
    close_dispute,
    dispute_id,
    open_dispute,
)
from platone.market.domain.problem.dispute import (
    DisputeClosed,
    DisputeNotYours,
    DisputeTooLate,
    UnknownDispute,
)
from platone.messages.dispute import (
    Dispute,
    DisputeAnswer,
    DisputeClosing,
    DisputeOpening,
    DisputeOutcome,
    DisputeReason,
)

STARTS = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
NOW = STARTS + timedelta(days=3)
LAST = STARTS + timedelta(days=45)
"""Meter data are final after 45 days; until then a line can be disputed."""
LINE = DeliveryLine(
    line_id="l",
    outcome_id="o",
    pod="P1",
    index=50,
    starts=STARTS,
    window_start=STARTS,
    rank=0,
    baseline_kw=1.0,
    total_kw=1.0,
    change_kw=1.0,
    price=1.0,
    request_player_id="DSO",
    offer_player_id="A",
)
CONCERNED = Concerned("A", "DSO", "customer")


def opened(
    party: str = "A", now: datetime = NOW, concerned: Concerned = CONCERNED, name: str = "d"
) -> Dispute:
    opening = DisputeOpening(
        dispute_id=name, line_id="l", reason=DisputeReason.BASELINE, text="not so"
    )
    return open_dispute(opening, LINE, concerned, party, now)


def closed(dispute: Dispute, outcome: DisputeOutcome, party: str, *, operates: bool) -> Dispute:
    closing = DisputeClosing(outcome=outcome, text="done")
    return close_dispute(dispute, closing, party, NOW + timedelta(days=1), operates=operates)


def test_who_is_concerned_opens_one() -> None:
    for party in ("A", "DSO", "customer"):
        found = opened(party)
        assert (found.opened_by, found.line_id, found.pod) == (party, "l", "P1")
        assert (found.market_outcome_id, found.reason) == ("o", DisputeReason.BASELINE)
        assert found.answer_due == NOW + timedelta(days=14)
        assert (found.status.value, found.outcome, len(found.steps)) == ("open", None, 1)
        step = found.steps[0]
        assert (step.at, step.party, step.text) == (NOW, party, "not so")
    with pytest.raises(UnknownDispute, match="no settlement line l"):
        opened("OTHER")
    with pytest.raises(UnknownDispute):
        opened("customer", concerned=Concerned("A", "DSO", None))


def test_it_is_opened_until_meter_data_are_final() -> None:
    assert opened(now=LAST).steps[0].at == LAST
    with pytest.raises(DisputeTooLate) as refused:
        opened(now=LAST + timedelta(microseconds=1))
    assert refused.value.fields == {"until": LAST.isoformat()}


def test_names_are_each_partys_own() -> None:
    names = {dispute_id(party, name) for party in ("A", "B") for name in ("d", "e")}
    assert len(names) == 4
    assert all(len(name) == 24 for name in names)
    assert opened("A").id == dispute_id("A", "d") == opened("A", LAST).id


def test_an_answer_is_anothers() -> None:
    start = opened("A")
    added = answer_dispute(start, DisputeAnswer(text="more"), "A", NOW)
    assert (added.status.value, len(added.steps)) == ("open", 2)
    answered = answer_dispute(added, DisputeAnswer(text="no"), "DSO", NOW)
    assert answered.status.value == "answered"
    assert [each.text for each in answered.steps] == ["not so", "more", "no"]
    again = answer_dispute(answered, DisputeAnswer(text="yes"), "A", NOW)
    assert again.status.value == "answered"


def test_its_opener_withdraws_it_and_the_operator_decides_it() -> None:
    start = opened("A")
    gone = closed(start, DisputeOutcome.WITHDRAWN, "A", operates=False)
    assert (gone.status.value, gone.outcome) == ("closed", DisputeOutcome.WITHDRAWN)
    for outcome in (DisputeOutcome.UPHELD, DisputeOutcome.REJECTED):
        decided = closed(start, outcome, "MO", operates=True)
        assert (decided.status.value, decided.outcome) == ("closed", outcome)
        assert decided.steps[-1].at == NOW + timedelta(days=1)
        with pytest.raises(DisputeNotYours, match="Only the market operator decides"):
            closed(start, outcome, "A", operates=False)
    with pytest.raises(DisputeNotYours, match="Only A can withdraw"):
        closed(start, DisputeOutcome.WITHDRAWN, "MO", operates=True)


def test_what_is_closed_stays_so() -> None:
    gone = closed(opened("A"), DisputeOutcome.WITHDRAWN, "A", operates=False)
    with pytest.raises(DisputeClosed) as refused:
        answer_dispute(gone, DisputeAnswer(text="and"), "DSO", NOW)
    assert refused.value.fields == {"dispute": gone.id}
    with pytest.raises(DisputeClosed):
        closed(gone, DisputeOutcome.UPHELD, "MO", operates=True)
