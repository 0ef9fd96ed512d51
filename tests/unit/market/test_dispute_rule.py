"""Who opens, answers and closes a dispute, and until when: each step by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.dispute import (
    Concerned,
    answer_dispute,
    close_dispute,
    dispute_id,
    follow_payment,
    is_about,
    is_awaiting,
    is_running,
    open_dispute,
)
from platone.market.domain.problem.dispute import (
    DisputeClosed,
    DisputeNotYours,
    DisputeTooLate,
    LineInDispute,
    UnknownDispute,
)
from platone.messages.dispute import (
    Awaited,
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
SECOND = timedelta(seconds=1)
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
    return again([], now, party, concerned, name)


def again(
    before: list[Dispute],
    now: datetime,
    party: str = "A",
    concerned: Concerned = CONCERNED,
    name: str = "d",
    reason: DisputeReason = DisputeReason.BASELINE,
) -> Dispute:
    """A dispute that is opened after others about its line."""
    opening = DisputeOpening(dispute_id=name, line_id="l", reason=reason, text="not so")
    return open_dispute(opening, LINE, concerned, party, now, before)


DECIDED = NOW + timedelta(days=1)
DUE = DECIDED + timedelta(days=30)
"""A month after the decision, in which a meter is tested."""


def closed(dispute: Dispute, outcome: DisputeOutcome, party: str, *, operates: bool) -> Dispute:
    closing = DisputeClosing(outcome=outcome, text="done")
    return close_dispute(dispute, closing, party, DECIDED, operates=operates)


def upheld(dispute: Dispute, awaits: Awaited | None = None, newest: str | None = None) -> Dispute:
    closing = DisputeClosing(outcome=DisputeOutcome.UPHELD, text="done", awaits=awaits)
    return close_dispute(dispute, closing, "MO", DECIDED, operates=True, newest=newest)


@pytest.mark.parametrize(
    ("reason", "said", "awaits"),
    [
        (DisputeReason.MEASUREMENT, None, Awaited.READINGS),
        (DisputeReason.BASELINE, None, Awaited.READINGS),
        (DisputeReason.ORDER, None, Awaited.AMENDS),
        (DisputeReason.TERMS, None, Awaited.AMENDS),
        (DisputeReason.OTHER, None, Awaited.AMENDS),
        (DisputeReason.OTHER, Awaited.READINGS, Awaited.READINGS),
        (DisputeReason.BASELINE, Awaited.AMENDS, Awaited.AMENDS),
    ],
)
def test_what_an_upheld_one_waits_for_follows_from_what_is_wrong(
    reason: DisputeReason, said: Awaited | None, awaits: Awaited
) -> None:
    follow_up = upheld(again([], NOW, reason=reason), said).follow_up
    assert follow_up is not None
    assert (follow_up.awaits, follow_up.until, follow_up.corrected_by) == (awaits, DUE, None)


def test_only_what_is_upheld_has_something_to_follow() -> None:
    for outcome, party in ((DisputeOutcome.REJECTED, "MO"), (DisputeOutcome.WITHDRAWN, "A")):
        found = closed(opened(), outcome, party, operates=party == "MO")
        assert found.follow_up is None
        assert not is_awaiting(found)
        assert follow_payment(found, "l.v2") == found
    assert follow_payment(opened(), "l.v2") == opened()


@pytest.mark.parametrize(
    ("paid", "of_readings", "of_amends"),
    [
        ("l.v2", "l.v2", None),  # corrected readings make no amends
        ("l.v11", "l.v11", None),
        ("l", "l", "l"),  # the ledger had refused it, and pays it now
        ("m.v2", None, None),
        ("l.0", None, None),
    ],
)
def test_a_payment_carries_out_what_waits_for_it(
    paid: str, of_readings: str | None, of_amends: str | None
) -> None:
    for awaits, corrected in ((Awaited.READINGS, of_readings), (Awaited.AMENDS, of_amends)):
        found = follow_payment(upheld(opened(), awaits), paid)
        assert found.follow_up is not None
        assert found.follow_up.corrected_by == corrected
        assert is_awaiting(found) == (corrected is None)


def test_an_earlier_or_a_second_payment_changes_nothing() -> None:
    later = replace(upheld(opened()), line_id="l.v3")
    assert follow_payment(later, "l.v2") == later
    done = follow_payment(later, "l.v4")
    assert follow_payment(done, "l.v5") == done


def test_a_later_version_that_was_paid_before_the_decision_carries_it_out() -> None:
    for newest, corrected in ((None, None), ("l", None), ("l.v2", "l.v2")):
        found = upheld(opened(), newest=newest).follow_up
        assert found is not None
        assert found.corrected_by == corrected


def test_versions_of_a_line_are_one_line() -> None:
    later = replace(opened(), line_id="l.v2")
    assert is_about(later, "l")
    assert is_about(opened(), "l.v2")
    assert not is_about(later, "m.v2")


def test_a_line_is_disputed_anew_when_no_dispute_about_it_runs() -> None:
    first = opened("customer")
    waits = upheld(first)
    for before, now in (([first], NOW), ([waits], DECIDED), ([waits], DUE)):
        assert is_running(before[0], now)
        with pytest.raises(LineInDispute, match="already, by customer") as refused:
            again(before, now)
        assert refused.value.fields == {"dispute": first.id}
    rejected = closed(first, DisputeOutcome.REJECTED, "MO", operates=True)
    done = follow_payment(waits, "l.v2")
    for each, now in ((rejected, DECIDED), (done, DECIDED), (waits, DUE + SECOND)):
        assert not is_running(each, now)
        assert again([each], now).opened_by == "A"


def test_what_ran_until_late_leaves_time_for_another() -> None:
    """Nobody else could dispute the line while it ran: a withdrawal is no trap."""
    two_weeks = timedelta(days=14)
    late = opened(now=LAST)
    left = close_dispute(
        late,
        DisputeClosing(outcome=DisputeOutcome.WITHDRAWN, text="done"),
        "A",
        LAST + two_weeks,
        operates=False,
    )
    assert again([left], LAST + 2 * two_weeks, "customer").opened_by == "customer"
    with pytest.raises(DisputeTooLate):
        again([left], LAST + 2 * two_weeks + SECOND, "customer")
    waits = upheld(opened())
    last = max(LAST, DUE + two_weeks)
    assert again([waits], last).opened_by == "A"
    with pytest.raises(DisputeTooLate):
        again([waits], last + SECOND)
    rejected = closed(late, DisputeOutcome.REJECTED, "MO", operates=True)
    with pytest.raises(DisputeTooLate):
        again([rejected], LAST + SECOND)


def test_an_upheld_one_is_added_to_while_it_waits() -> None:
    waits = upheld(opened("customer"))
    for party in ("customer", "A", "MDA"):
        added = answer_dispute(waits, DisputeAnswer(text="more"), party, DUE)
        assert (added.status.value, added.steps[-1].status.value) == ("closed", "closed")
        assert added.steps[-1].party == party
    with pytest.raises(DisputeClosed):
        answer_dispute(follow_payment(waits, "l.v2"), DisputeAnswer(text="more"), "A", DUE)
    with pytest.raises(DisputeClosed):
        upheld(waits)


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
