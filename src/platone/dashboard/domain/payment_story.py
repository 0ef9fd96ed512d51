"""The reckoning of a payment for its household: each sum in words, to be computed again by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.money_form import MICRO, PPM_A_PERCENT
from platone.kernel.decimal_text import decimal_text
from platone.kernel.figure import exact_amount, plain_amount
from platone.kernel.settlement_rule import WHOLE_PPM, LineAmounts, direction_of, settle_line
from platone.messages.ledger import AgreementTerms
from platone.messages.portfolio import EarningLine
from platone.messages.settlement import SettledQuantities, SettledTerms

_MICRO_DIGITS, _PICO_DIGITS = 6, 12
"""Decimals of an energy or a price in millionths, and of an amount in 1e-12 EUR."""
_WHOLE_PERCENT = 100
"""Percent of a whole."""

Step = tuple[str, str]
"""The name of a sum in a reader's words, and the sum."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The reckoning of one settled trade, from the numbers that it was settled by.

    Attributes:
        quantities: Its energies and its price.
        terms: What it was paid under.
        amounts: What it comes to by the rule of the market.
        is_reactive: Whether it is of reactive power, whose unit is kvarh.
        tokens: What the household got, a decimal number as text.
        is_correction: Whether it corrects an earlier payment, so that the difference was paid.
    """

    quantities: SettledQuantities
    terms: SettledTerms
    amounts: LineAmounts
    is_reactive: bool
    tokens: str
    is_correction: bool

    def sentence(self, reader: Reader) -> str:
        """Return in one sentence what the household got, and by which part.

        Amounts are to the cent where the part of one comes to the other also so; else exact.
        """
        language, told = reader.language, reader.told
        if self.is_correction:
            tokens = plain_amount(self.tokens, language)
            return told["earned_correction"].format(tokens=tokens)
        if self.amounts.net <= 0:
            return told["earned_nothing" if self.amounts.penalty else "earned_unpaid"]
        exact_net = decimal_text(self.amounts.net, _PICO_DIGITS)
        part = Decimal(self.terms.customer_share_ppm) / WHOLE_PPM
        net_cents, token_cents = (round(Decimal(each), 2) for each in (exact_net, self.tokens))
        write = plain_amount if net_cents * part == token_cents > 0 else exact_amount
        net, tokens = write(exact_net, language), write(self.tokens, language)
        share = percent(self.terms.customer_share_ppm, language)
        return told["earned_share"].format(tokens=tokens, share=share, net=net)

    def penalty_sentence(self, reader: Reader) -> str:
        """Return why something was taken off; empty where nothing was."""
        if not self.amounts.penalty:
            return ""
        language = reader.language
        return reader.told["penalty_why"].format(
            penalty=plain_amount(decimal_text(self.amounts.penalty, _PICO_DIGITS), language),
            missing=_number(self.amounts.deficiency, _MICRO_DIGITS, language),
            price=_number(self.terms.penalty_price, _MICRO_DIGITS, language),
            unit="kvarh" if self.is_reactive else "kWh",
        )

    def steps(self, reader: Reader) -> list[Step]:
        """Return the steps from what the meter says to the tokens, in a reader's words."""
        told = reader.told
        return [(told[name], text) for name, text in self._steps(reader)]

    def _steps(self, reader: Reader) -> Iterator[Step]:
        of, unit = self.quantities, "kvarh" if self.is_reactive else "kWh"
        side = -direction_of(of.ordered)

        def energy(micro: int) -> str:
            return _number(micro, _MICRO_DIGITS, reader.language)

        def say(name: str, **values: str) -> str:
            return reader.told[name].format(unit=unit, **values)

        asked = "more_energy" if of.ordered > 0 else "less_energy"
        yield "story_asked", say(asked, energy=energy(abs(of.ordered)))
        yield "story_expected", f"{energy(of.reference)} {unit}"
        yield "story_measured", f"{energy(of.measured)} {unit}"
        first, second = (of.measured, of.reference) if side > 0 else (of.reference, of.measured)
        change = f"{energy(first)} − {_bracketed(energy(second))} = {energy(first - second)}"  # noqa: RUF001 - a minus sign
        yield "story_change", f"{change} {unit}"
        yield "story_delivered", f"{energy(self.amounts.delivered)} {unit}"
        yield "story_paid", self._paid(reader, unit)
        if self.amounts.penalty:
            yield "story_penalty", self._penalty(reader, unit)
        yield "story_yours", self._yours(reader)

    def _paid(self, reader: Reader, unit: str) -> str:
        """Return the sum that is paid for delivered energy, by the thresholds of the agreement."""
        least, full = self.terms.least_delivery_ppm, self.terms.full_delivery_ppm
        ordered, delivered = abs(self.quantities.ordered), self.amounts.delivered
        language = reader.language
        values = {
            "energy": _number(delivered, _MICRO_DIGITS, language),
            "ordered": _number(ordered, _MICRO_DIGITS, language),
            "price": _number(self.quantities.price, _MICRO_DIGITS, language),
            "paid": _number(self.amounts.paid, _PICO_DIGITS, language),
            "least": percent(least, language),
            "full": percent(full, language),
            "unit": unit,
        }
        part = delivered * MICRO
        name = "sum_by_unit"
        if part < least * ordered:
            name = "sum_below"
        elif full > least:
            name = "sum_all" if part >= full * ordered else "sum_sliding"
        return reader.told[name].format(**values)

    def _penalty(self, reader: Reader, unit: str) -> str:
        language = reader.language
        return reader.told["sum_penalty"].format(
            energy=_number(self.amounts.deficiency, _MICRO_DIGITS, language),
            price=_number(self.terms.penalty_price, _MICRO_DIGITS, language),
            penalty=_number(self.amounts.penalty, _PICO_DIGITS, language),
            unit=unit,
        )

    def _yours(self, reader: Reader) -> str:
        language, net = reader.language, self.amounts.net
        tokens = exact_amount(self.tokens, language)
        if self.is_correction:
            return reader.told["sum_corrected"].format(tokens=tokens)
        if net <= 0:
            return reader.told["sum_nothing" if self.amounts.penalty else "sum_unpaid"]
        share = percent(self.terms.customer_share_ppm, language)
        rest = percent(PPM_A_PERCENT * _WHOLE_PERCENT - self.terms.customer_share_ppm, language)
        paid = _number(self.amounts.paid, _PICO_DIGITS, language)
        penalty = _number(self.amounts.penalty, _PICO_DIGITS, language)
        base = f"({paid} − {penalty})" if self.amounts.penalty else paid  # noqa: RUF001 - likewise
        return reader.told["sum_share"].format(share=share, rest=rest, base=base, tokens=tokens)


def reckoning_of(line: EarningLine) -> Reckoning | None:
    """Return the reckoning of a line; none where it is not paid, or its numbers are not told."""
    if line.quantities is None or line.terms is None:
        return None
    of, terms = line.quantities, line.terms
    amounts = settle_line(
        reference=of.reference,
        ordered=of.ordered,
        measured=of.measured,
        price=of.price,
        penalty_price=terms.penalty_price,
        least_delivery_ppm=terms.least_delivery_ppm,
        full_delivery_ppm=terms.full_delivery_ppm,
    )
    is_reactive = line.change_q is not None
    return Reckoning(of, terms, amounts, is_reactive, line.customer_tokens, line.version > 1)


def terms_in_words(terms: AgreementTerms, reader: Reader) -> list[str]:
    """Return the terms of an agreement as sentences: the share, the penalty, and when is paid."""
    language = reader.language
    share = percent(terms.customer_share_ppm, language)
    rest = percent(PPM_A_PERCENT * _WHOLE_PERCENT - terms.customer_share_ppm, language)
    price = _number(terms.penalty_price, _MICRO_DIGITS, language)
    told = reader.told
    return [
        told["terms_share"].format(share=share, rest=rest),
        told["terms_penalty" if terms.penalty_price else "terms_no_penalty"].format(price=price),
        rule_in_words(terms, reader),
    ]


def rule_in_words(terms: AgreementTerms, reader: Reader) -> str:
    """Return the rule by which an agreement pays for what was delivered, as a sentence."""
    least, full = terms.least_delivery_ppm, terms.full_delivery_ppm
    name = "terms_slide" if full > least else "terms_least" if least else "terms_unit"
    language = reader.language
    return reader.told[name].format(least=percent(least, language), full=percent(full, language))


def percent(ppm: int, language: str) -> str:
    """Return a part in parts per million as percent, with no zeros at its end."""
    text = f"{Decimal(ppm) / PPM_A_PERCENT:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if language == "en" else text.replace(".", ",")


def _number(amount: int, digits: int, language: str) -> str:
    return exact_amount(decimal_text(amount, digits), language)


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("\u2212") else number
