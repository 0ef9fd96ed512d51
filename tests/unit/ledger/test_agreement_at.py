"""The agreement that counts for a trade: the one in force then, whatever became of it since."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.agreement import KnownAgreement, agreement_at
from platone.messages.ledger import AgreementTerms

START = datetime(2021, 6, 1, tzinfo=UTC)
HOURS = st.lists(st.integers(0, 48), min_size=0, max_size=8, unique=True).map(sorted)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def made(number: int, since: float, ended: float | None, *, is_made: bool = True) -> KnownAgreement:
    return KnownAgreement(
        tag=bytes([number]) * 12,
        terms=AgreementTerms(pod="IT001", aggregator_id="ACEAE", customer_share_ppm=number),
        wallet="0x" + "11" * 20,
        account="0x" + "22" * 20,
        since=at(since),
        transaction=b"\1" * 32 if is_made else None,
        ended_at=None if ended is None else at(ended),
    )


def number_of(found: KnownAgreement | None) -> int | None:
    return None if found is None else found.tag[0]


def test_the_one_at_the_trade_counts_and_to_the_second() -> None:
    two = [made(1, 0, 10), made(2, 10, None)]
    for hour, expected in ((0, 1), (5, 1), (9.99, 1), (10, 2), (100, 2)):
        assert number_of(agreement_at(two, at(hour))) == expected, hour
    just_before = at(10) - timedelta(microseconds=1)
    assert number_of(agreement_at(two, just_before)) == 1


def test_without_one_at_the_trade_the_first_one_made_after_it_counts() -> None:
    three = [made(1, 0, 10), made(2, 20, 21), made(3, 30, None)]
    assert number_of(agreement_at(three, at(15))) == 2
    assert number_of(agreement_at(three, at(25))) == 3
    assert agreement_at([made(1, 0, 10)], at(10)) is None
    assert agreement_at([made(1, 5, None, is_made=False)], at(6)) is None


def test_where_the_trade_is_not_told_the_one_that_stands_counts() -> None:
    assert number_of(agreement_at([made(1, 0, 10), made(2, 20, None)], None)) == 2
    assert agreement_at([made(1, 0, 10)], None) is None


def test_one_that_continues_another_counts_for_what_was_traded_under_that() -> None:
    """The customer's wallet moved at 10 o'clock: the same terms, another address."""
    two = [made(1, 0, 10), made(2, 0, None)]
    assert number_of(agreement_at(two, at(5))) == 2


@given(HOURS, st.integers(0, 48), st.integers(0, 50))
def test_what_happens_later_never_changes_what_counts(
    hours: list[int], traded: int, known_after: int
) -> None:
    """Found among those known at any instant after it counts, it is found ever after."""
    pairs = list(zip(hours[::2], hours[1::2], strict=False))
    whole = [made(number, *pair) for number, pair in enumerate(pairs, 1)]

    def known_by(hour: int) -> list[KnownAgreement]:
        return [
            made(number, since, ended if ended <= hour else None)
            for number, (since, ended) in enumerate(pairs, 1)
            if since <= hour
        ]

    then = agreement_at(known_by(traded + known_after), at(traded))
    if then is not None:
        assert number_of(agreement_at(whole, at(traded))) == number_of(then)
