"""The reckoning of a payment: both sides of each sum come to the same, in exact numbers."""

import re
from fractions import Fraction

import pytest
from msgspec import convert
from msgspec.structs import replace

from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.payment_story import Reckoning, reckoning_of, terms_in_words
from platone.messages.ledger import AgreementTerms
from platone.messages.portfolio import EarningLine
from platone.messages.settlement import SettledQuantities, SettledTerms

from .test_payment import line

MICRO = 1_000_000
ENGLISH = Reader("en", "Europe/Rome")


def settled(
    reference: float, ordered: float, measured: float, price: float, **terms: int
) -> EarningLine:
    """A paid line of energies in kWh and a price in EUR/kWh."""
    amounts = {"reference": reference, "ordered": ordered, "measured": measured, "price": price}
    quantities = SettledQuantities(**{name: round(each * MICRO) for name, each in amounts.items()})
    told = convert({"customerSharePpm": 800_000, "penaltyPrice": 0}, SettledTerms)
    return line(quantities=quantities, terms=replace(told, **terms), customer_tokens="1")


def reckoned(paid: EarningLine) -> Reckoning:
    found = reckoning_of(paid)
    assert found is not None
    return found


def steps(paid: EarningLine, reader: Reader = ENGLISH) -> dict[str, str]:
    names = {text: name for name, text in reader.told.items() if name.startswith("story_")}
    return {names[what]: how for what, how in reckoned(paid).steps(reader)}


def worth(side: str) -> Fraction:
    """What a written sum comes to, without its units."""
    text = re.sub(r"\u202f|€/kWh|kWh|€|tokens?|missing", "", side.partition(";")[0])
    text = re.sub(r"([0-9.]+) ?%", r"(\1/100)", text)
    text = text.replace("\u2212", "-").replace("\u00d7", "*").replace("\u00f7", "/")
    exact = re.sub(r"[0-9]+(?:\.[0-9]+)?", lambda found: f"Fraction('{found[0]}')", text)
    return Fraction(eval(exact, {"Fraction": Fraction}))  # noqa: S307 - a sum that is ours


def is_right(written: str) -> bool:
    left, _, right = written.rpartition(": ")[2].partition("=")
    return worth(left) == worth(right)


def test_the_payment_of_the_field_test_is_computed_again_from_what_is_told() -> None:
    """34.320554 kWh at 0.07 EUR/kWh, of which four fifths go to the customer (D5.5)."""
    paid = settled(17.595, 34.320554, 51.916, 0.07)
    paid = line(quantities=paid.quantities, terms=paid.terms, customer_tokens="1.921951024")
    told = steps(paid)
    assert told["story_asked"] == "34.320554 kWh more"
    assert told["story_change"] == "51.916 \u2212 17.595 = 34.321 kWh"
    assert told["story_paid"] == "34.320554 kWh \u00d7 0.07 €/kWh = 2.40243878 €"
    sum_of_yours, _, rest = told["story_yours"].partition("; ")
    assert sum_of_yours == "80 % \u00d7 2.40243878 € = 1.921951024 tokens"
    assert rest == "the other 20 % are your aggregator's"
    assert "story_penalty" not in told
    for name in ("story_change", "story_paid", "story_yours"):
        assert is_right(told[name]), told[name]
    assert reckoned(paid).sentence(ENGLISH).startswith("1.92 tokens are yours: your agreed 80 %")
    assert "2.40 €" in reckoned(paid).sentence(ENGLISH)
    assert steps(paid, Reader("it", "Europe/Rome"))["story_paid"].endswith("= 2,40243878 €")


def test_cents_that_do_not_come_out_are_told_with_all_digits() -> None:
    """Of 0.125 €, four fifths are 0.10 €; of 0.12 €, which it would be in cents, they are not."""
    paid = settled(12.5, -2.5, 10.0, 0.05)
    paid = line(quantities=paid.quantities, terms=paid.terms, customer_tokens="0.1")
    told = reckoned(paid).sentence(ENGLISH)
    assert (
        told
        == "0.10 tokens are yours: your agreed 80 % of the 0.125 € that your flexibility earned."
    )


@pytest.mark.parametrize(
    ("delivered", "least", "full", "euro"),
    [  # docs/reference/market-rules.md, thresholds: of 100 kWh at 1 EUR/kWh
        (49, 0, 0, 49),
        (60, 750_000, 0, 0),
        (75, 750_000, 0, 75),
        (49, 500_000, 1_000_000, 0),
        (60, 500_000, 1_000_000, 20),
        (75, 500_000, 1_000_000, 50),
        (90, 500_000, 1_000_000, 80),
        (100, 500_000, 1_000_000, 100),
        (95, 500_000, 900_000, 100),
    ],
)
def test_thresholds_are_told_so_that_the_sum_comes_out(
    delivered: int, least: int, full: int, euro: int
) -> None:
    terms = {"least_delivery_ppm": least, "full_delivery_ppm": full}
    told = steps(settled(200, -100, 200 - delivered, 1, **terms))["story_paid"]
    if not euro:
        assert told.startswith("0 €: below")
        return
    assert is_right(told), told
    assert worth(told.rpartition("=")[2]) == euro


@pytest.mark.parametrize(
    ("delivered", "begin"),
    [
        (49, "0 €: below 50 % of"),
        (50, "between 50 % and 90 % of"),
        (89, "between 50 % and 90 % of"),
        (90, "from 90 % on all"),
    ],
)
def test_each_part_of_a_slide_has_its_own_sum(delivered: int, begin: str) -> None:
    """Of 100 kWh: below half nothing is paid, from nine tenths on everything."""
    terms = {"least_delivery_ppm": 500_000, "full_delivery_ppm": 900_000}
    told = steps(settled(200, -100, 200 - delivered, 1, **terms))["story_paid"]
    assert told.startswith(begin)


def test_a_penalty_is_told_with_its_reason_and_borne_by_nobody_twice() -> None:
    """UFTP's example: ordered 2 less, 1 delivered at 7, 1 missing at 11: the aggregator owes 4."""
    paid = settled(10, -2, 9, 7, penalty_price=11 * MICRO)
    told = steps(paid)
    assert is_right(told["story_paid"])
    assert is_right(told["story_penalty"])
    assert told["story_yours"] == ENGLISH.told["sum_nothing"]
    assert reckoned(paid).sentence(ENGLISH) == ENGLISH.told["earned_nothing"]
    small = settled(10, -2, 8.1, 7, penalty_price=1 * MICRO)
    told = steps(small)
    assert told["story_yours"].startswith("80 % \u00d7 (13.30 \u2212 0.10) €")
    why = reckoned(small).penalty_sentence(ENGLISH)
    assert why.startswith("Before it was shared, 0.10 € were taken off: 0.10 kWh")
    assert reckoned(settled(10, -2, 8, 7)).penalty_sentence(ENGLISH) == ""


def test_the_least_amount_there_is_counts_as_something() -> None:
    """A millionth of a kWh at a millionth of a euro: 1e-12 EUR."""
    paid = settled(0, 1e-6, 1e-6, 1e-6)
    told = reckoned(paid).sentence(ENGLISH)
    assert told.startswith("1.00 tokens are yours")
    assert "0.000000000001" in told
    assert steps(paid)["story_yours"].startswith("80 % \u00d7 0.000000000001 € = ")
    assert steps(paid)["story_asked"] == "0.000001 kWh more"


@pytest.mark.parametrize(
    ("measured", "terms", "why"),
    [
        (10, {}, "unpaid"),  # nothing was delivered
        (9, {"least_delivery_ppm": 750_000}, "unpaid"),  # half of it, and that is too little
        (9, {"penalty_price": 7 * MICRO}, "nothing"),  # one paid at 7, one missing at 7
        (9, {"penalty_price": 11 * MICRO}, "nothing"),
    ],
)
def test_who_gets_nothing_is_told_why(measured: float, terms: dict[str, int], why: str) -> None:
    """What was taken off is told only where something was."""
    paid = settled(10, -2, measured, 7, **terms)
    assert reckoned(paid).sentence(ENGLISH) == ENGLISH.told[f"earned_{why}"]
    assert steps(paid)["story_yours"] == ENGLISH.told[f"sum_{why}"]
    assert ("story_penalty" in steps(paid)) is (why == "nothing")


def test_a_correction_is_told_as_one() -> None:
    paid = settled(10, -2, 8, 7)
    later = line(quantities=paid.quantities, terms=paid.terms, version=2, customer_tokens="0.4")
    assert steps(later)["story_yours"] == "0.40 tokens: the difference from the earlier payment"
    assert reckoned(later).sentence(ENGLISH).startswith("0.40 tokens came on top")


def test_what_is_not_paid_has_no_reckoning() -> None:
    paid = settled(10, -2, 8, 7)
    assert reckoning_of(line(quantities=paid.quantities)) is None
    assert reckoning_of(line(terms=paid.terms)) is None


def test_reactive_energy_has_its_own_unit() -> None:
    paid = settled(1, 2, 3, 0.5)
    reactive = line(quantities=paid.quantities, terms=paid.terms, change_q=8.0)
    assert all("kWh" not in how for how in steps(reactive).values())
    assert steps(reactive)["story_asked"] == "2.00 kvarh more"


@pytest.mark.parametrize(
    ("least", "full", "name"),
    [(0, 0, "terms_unit"), (500_000, 0, "terms_least"), (505_000, 950_000, "terms_slide")],
)
def test_terms_are_sentences_that_a_household_reads(least: int, full: int, name: str) -> None:
    terms = AgreementTerms(
        pod="IT002E60550189",
        aggregator_id="ACEAE",
        customer_share_ppm=805_000,
        penalty_price=20_000,
        least_delivery_ppm=least,
        full_delivery_ppm=full,
    )
    for language, share in (("en", "80.5"), ("it", "80,5")):
        reader = Reader(language, "Europe/Rome")
        told = terms_in_words(terms, reader)
        assert told[0] == reader.told["terms_share"].format(
            share=share, rest="19.5" if language == "en" else "19,5"
        )
        percents = {"least": "50.5" if least == 505_000 else "50", "full": "95"}
        if language == "en":
            price = {"price": "0.02"}
            assert told[1] == reader.told["terms_penalty"].format(**price)
            assert told[2] == reader.told[name].format(**percents)


def test_without_a_penalty_nothing_is_said_of_its_price() -> None:
    terms = AgreementTerms(
        pod="P-1", aggregator_id="A", customer_share_ppm=800_000, penalty_price=0
    )
    assert terms_in_words(terms, ENGLISH)[1] == ENGLISH.told["terms_no_penalty"]
