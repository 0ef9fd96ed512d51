"""The agreement contract: what it pays, and all that it refuses."""

from typing import Any

import pytest
from tests.integration.ledger.agreed_entry import (
    AGGREGATOR,
    AGREEMENT,
    BATCH,
    CUSTOMER,
    EUR,
    LINES_ROOT,
    OTHER_TAG,
    agree,
    agreement_of,
    entry,
    events_of,
    next_line,
    owed,
    settle,
)

from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.domain.event import AgreementSettled

ZERO = "0x" + "0" * 40
OTHER = agreement_of(OTHER_TAG)
MOST = 2**84 - 1
END = "end_agreement(bytes32)"


def refusal(outcome: Any) -> str:
    assert not outcome.succeeded
    assert outcome.logs == ()
    return revert_reason(outcome.output).removeprefix("SettlementAgreement: ")


def kept(bench: Any, agreement: bytes = AGREEMENT) -> Any:
    gives = ("address", "address", *("uint256",) * 6)
    return bench.ask(bench.at.agreement, "agreements(bytes32)", (agreement,), *gives)


def test_an_entry_pays_by_share_and_books_what_is_owed(bench: Any) -> None:
    """UFTP's published case: five lines of 14, 14, -4, -22 and -33 EUR."""
    assert agree(bench).succeeded
    outcome = settle(bench, entry(1, 5, paid=28 * EUR, owed=59 * EUR))
    (event,) = events_of(outcome)
    assert event == AgreementSettled(
        batch=BATCH,
        agreement=AGREEMENT,
        root=LINES_ROOT,
        first_line=1,
        count=5,
        paid=28 * EUR,
        owed=59 * EUR,
        relieved=0,
        customer_share_ppm=900_000,
    )
    assert (event.customer_tokens, event.aggregator_tokens) == (252 * 10**17, 28 * 10**17)
    assert bench.balance(CUSTOMER.address) == 252 * 10**17
    assert bench.balance(AGGREGATOR.address) == 28 * 10**17
    assert owed(bench) == 59 * 10**18
    assert settle(bench, entry(6, owed=EUR)).succeeded
    assert owed(bench) == 60 * 10**18


@pytest.mark.parametrize("share", [0, 1, 333_333, 500_001, 999_999, 1_000_000])
def test_odd_amounts_are_shared_without_rounding(bench: Any, share: int) -> None:
    assert agree(bench, share=share).succeeded
    (event,) = events_of(settle(bench, entry(1, paid=7_777_777_777_777, share=share)))
    assert event.customer_tokens == 7_777_777_777_777 * share
    assert event.aggregator_tokens == 7_777_777_777_777 * (1_000_000 - share)
    assert bench.balance(CUSTOMER.address) == event.customer_tokens
    assert bench.balance(AGGREGATOR.address) == event.aggregator_tokens


def test_relief_lowers_what_is_owed_and_pays_back_what_is_not(bench: Any) -> None:
    """A line of -22 is corrected to +14: the customer shares 14, the aggregator owes 22 less."""
    agree(bench)
    assert settle(bench, entry(1, paid=0, owed=33 * EUR)).succeeded
    assert settle(bench, entry(2, paid=14 * EUR, relieved=22 * EUR)).succeeded
    assert owed(bench) == 11 * 10**18
    assert bench.balance(AGGREGATOR.address) == 14 * 10**17
    assert settle(bench, entry(3, paid=0, relieved=15 * EUR)).succeeded
    assert owed(bench) == 0
    assert bench.balance(AGGREGATOR.address) == 54 * 10**17
    assert bench.balance(CUSTOMER.address) == 126 * 10**17


def test_nothing_paid_and_nothing_owed_still_counts(bench: Any) -> None:
    agree(bench)
    outcome = settle(bench, entry(1, 3, paid=0))
    assert [log.address for log in outcome.logs] == [bench.at.agreement]
    assert (next_line(bench), owed(bench)) == (4, 0)
    assert bench.balance(CUSTOMER.address) == 0


def test_lines_follow_without_gap_or_repeat(bench: Any) -> None:
    assert next_line(bench) == 0
    agree(bench)
    assert next_line(bench) == 1
    assert settle(bench, entry(1, 2)).succeeded
    before = bench.balance(CUSTOMER.address)
    for first in (0, 1, 2, 4, 2**40 - 1):
        assert refusal(settle(bench, entry(first, 2))) == "not the next line", first
    assert refusal(settle(bench, entry(3), entry(3))) == "not the next line"
    assert bench.balance(CUSTOMER.address) == before
    assert next_line(bench) == 3
    assert settle(bench, entry(3), entry(4, 3)).succeeded
    assert next_line(bench) == 7


def test_agreements_are_numbered_each_on_its_own(bench: Any) -> None:
    agree(bench)
    agree(bench, tag=OTHER_TAG)
    assert settle(bench, entry(1, 3), entry(1, tag=OTHER_TAG)).succeeded
    assert (next_line(bench), next_line(bench, OTHER)) == (4, 2)


OUT_OF_BOUNDS = [
    ({"count": 0}, "count out of bounds"),
    ({"count": 10_001}, "count out of bounds"),
    ({"count": 2**14 - 1}, "count out of bounds"),
    ({"root": bytes(32)}, "empty root"),
    ({"tag": OTHER_TAG}, "unknown agreement"),
    ({"tag": 0}, "unknown agreement"),
    ({"tag": OTHER_TAG, "first": 0}, "unknown agreement"),
    ({"customer": AGGREGATOR.address}, "unknown agreement"),
    ({"aggregator": CUSTOMER.address}, "unknown agreement"),
    ({"share": 900_001}, "unknown agreement"),
    ({"share": 2**20 - 1}, "unknown agreement"),
]


@pytest.mark.parametrize(("changes", "why"), OUT_OF_BOUNDS)
def test_what_is_out_of_bounds_is_refused(bench: Any, changes: dict[str, Any], why: str) -> None:
    agree(bench)
    assert refusal(settle(bench, entry(1) | changes)) == why
    assert (bench.balance(CUSTOMER.address), owed(bench), next_line(bench)) == (0, 0, 1)


def test_the_largest_amounts_do_not_overflow(bench: Any) -> None:
    agree(bench)
    assert settle(bench, entry(1, 10_000, paid=MOST, owed=MOST)).succeeded
    assert bench.balance(CUSTOMER.address) == MOST * 900_000
    assert owed(bench) == MOST * 1_000_000
    assert settle(bench, entry(10_001, 10_000, paid=MOST, owed=MOST)).succeeded
    assert settle(bench, entry(20_001, 10_000, paid=MOST, relieved=MOST)).succeeded
    assert bench.balance(CUSTOMER.address) == 3 * MOST * 900_000
    assert (owed(bench), next_line(bench)) == (MOST * 1_000_000, 30_001)


def test_a_call_takes_200_entries_and_no_more(bench: Any) -> None:
    agree(bench)
    assert not settle(bench, *(entry(number) for number in range(1, 202))).succeeded
    assert settle(bench, *(entry(number) for number in range(1, 201))).succeeded
    assert next_line(bench) == 201


def test_one_bad_entry_reverts_the_call(bench: Any) -> None:
    agree(bench)
    assert refusal(settle(bench, entry(1), entry(2, root=bytes(32)))) == "empty root"
    assert (bench.balance(CUSTOMER.address), next_line(bench)) == (0, 1)


def test_only_market_operators_settle(bench: Any) -> None:
    agree(bench)
    for sender in (AGGREGATOR, CUSTOMER, bench.administrator, bench.stranger):
        outcome = settle(bench, entry(1), sender=sender)
        assert not outcome.succeeded
        assert revert_reason(outcome.output) == "Authority: not authorised"


def test_an_agreement_is_kept_as_it_was_made(bench: Any) -> None:
    made = agree(bench, least=500_000, full=750_000)
    aggregator, customer, share, penalty, created_at, ended_at, *thresholds = kept(bench)
    assert thresholds == [500_000, 750_000]
    assert (aggregator, customer) == (AGGREGATOR.address.lower(), CUSTOMER.address.lower())
    assert (share, penalty, ended_at) == (900_000, 11_000_000, 0)
    assert created_at == bench.chain.head.timestamp
    (event,) = made.logs
    assert event.topics[1] == AGREEMENT
    assert event.data[-20:] == bytes.fromhex(AGGREGATOR.address[2:])
    assert bench.ask(bench.at.agreement, "is_active(bytes32)", (AGREEMENT,), "bool")
    assert not bench.ask(bench.at.agreement, "is_active(bytes32)", (OTHER,), "bool")


def test_an_operator_makes_agreements_too_and_is_named(bench: Any) -> None:
    made = agree(bench, bench.operator)
    assert made.logs[0].data[-20:] == bytes.fromhex(bench.operator.address[2:])
    assert refusal(agree(bench)) == "made before"
    assert settle(bench, entry(1)).succeeded
    assert refusal(agree(bench)) == "made before"
    assert next_line(bench) == 2


IMPOSSIBLE = [
    ({"tag": 0}, "tag out of bounds"),
    ({"tag": 2**96}, "tag out of bounds"),
    ({"aggregator": ZERO}, "zero address"),
    ({"customer": ZERO}, "zero address"),
    ({"share": 1_000_001}, "more than the whole"),
    ({"share": 2**256 - 1}, "more than the whole"),
    ({"penalty": 10**12 + 1}, "price out of bounds"),
    ({"least": 1_000_001}, "more than the whole"),
    ({"full": 1_000_001}, "more than the whole"),
]


@pytest.mark.parametrize(("changes", "why"), IMPOSSIBLE)
def test_impossible_agreements_are_refused(bench: Any, changes: dict[str, Any], why: str) -> None:
    assert refusal(agree(bench, bench.operator, **changes)) == why


def test_agreements_at_their_bounds_are_made(bench: Any) -> None:
    assert agree(bench, share=1_000_000, penalty=10**12, least=10**6, full=10**6).succeeded
    assert kept(bench, agreement_of(share=10**6))[2:] == (
        10**6,
        10**12,
        bench.chain.head.timestamp,
        0,
        10**6,
        10**6,
    )
    assert agree(bench, tag=OTHER_TAG, share=0, penalty=0).succeeded


def test_strangers_make_none_in_others_names(bench: Any) -> None:
    for sender in (CUSTOMER, bench.stranger, bench.administrator):
        assert refusal(agree(bench, sender)) == "not a party"


def test_an_ended_agreement_settles_what_was_traded_before_and_no_more(bench: Any) -> None:
    agree(bench)
    at = bench.at.agreement
    refused = bench.send(AGGREGATOR, at, END, AGREEMENT)
    assert revert_reason(refused.output) == "Authority: not authorised"
    assert refusal(bench.send(bench.operator, at, END, OTHER)) == "unknown agreement"
    ended = bench.send(bench.operator, at, END, AGREEMENT)
    assert ended.logs[0].topics[1:] == (
        AGREEMENT,
        bytes.fromhex(bench.operator.address[2:]).rjust(32, b"\0"),
    )
    ended_at = kept(bench)[5]
    assert ended_at == bench.chain.head.timestamp
    assert refusal(bench.send(bench.operator, at, END, AGREEMENT)) == "ended before"
    for traded_at in (0, ended_at, ended_at + 1, 2**96 - 1):  # 0: nobody says when
        assert refusal(settle(bench, entry(1, traded_at=traded_at))) == "ended before", traded_at
    assert settle(bench, entry(1, traded_at=ended_at - 1), entry(2, traded_at=1)).succeeded
    assert (next_line(bench), bench.balance(CUSTOMER.address)) == (3, 252 * 10**17)
    assert refusal(settle(bench, entry(2, traded_at=1))) == "not the next line"
    assert refusal(agree(bench)) == "made before"
    assert not bench.ask(at, "is_active(bytes32)", (AGREEMENT,), "bool")


def test_what_an_ended_agreement_still_earns_is_the_customers_to_spend(bench: Any) -> None:
    """Its pot is closed: 14 EUR lay in it, 14 come later, beside 14 of one that stands."""
    agree(bench)
    agree(bench, tag=OTHER_TAG)
    assert settle(bench, entry(1)).succeeded
    assert bench.send(bench.operator, bench.at.agreement, END, AGREEMENT).succeeded
    ended_at = kept(bench)[5]
    before, after = {"traded_at": ended_at - 1}, {"traded_at": ended_at + 1}
    other = entry(1, tag=OTHER_TAG, **after)
    assert refusal(settle(bench, other, entry(2, **after))) == "ended before"

    paid = settle(bench, other, entry(2, owed=EUR, **before), entry(3, paid=0, **before))

    assert [event.first_line for event in events_of(paid)] == [1, 2, 3]
    assert (bench.balance(CUSTOMER.address), owed(bench)) == (378 * 10**17, 10**18)
    assert bench.balance(AGGREGATOR.address) == 42 * 10**17
    assert bench.ask(bench.at.agreement, "totalSupply()", (), "uint256") == 42 * 10**18
    # Two payments of the customer, one of the aggregator, three entries and a charge.
    assert len(paid.logs) == 7
    spend = ("transfer(address,uint256)", AGGREGATOR.address, 378 * 10**17)
    assert bench.send(CUSTOMER, bench.at.agreement, *spend).succeeded
    assert bench.balance(CUSTOMER.address) == 0
    assert (next_line(bench), next_line(bench, OTHER)) == (4, 2)
