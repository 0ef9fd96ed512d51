"""The one way in which pages show a number, an amount, and an instant: always with its unit."""

import contextlib
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup

from platone.kernel.figure import exact_amount, plain_amount, plain_decimal, split_decimal

_NONE = Markup('<span class="soft" title="not known">\u2013</span>')
_INSTANT = re.compile(
    r"(?<![\w:/.-])\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
    r"(?:Z|[+-]\d{2}:\d{2})(?!\w)"
)
"""An instant as messages tell it, ISO 8601 with an offset; as a part of an identifier it stays."""
_SHORT = frozenset({"dso", "tso"})
"""Words that are written in capitals: what the operators of networks are called for short."""
_PRICE_DIGITS = 4
"""Decimals of a price in EUR/kWh: a hundredth of a cent."""
_KW_DIGITS = 2
"""Decimals of a power in kW: ten watts, finer than a household's meter tells in a quarter-hour."""

_PU_DIGITS, _GRID_DIGITS = 4, 2
"""Decimals of a voltage per unit, and of currents and powers of the grid: limits are told so."""


_ALL_DIGITS = 9
"""Decimals of a number that are told on demand: what lies beyond is how machines round."""


def _decimal(value: float | None, digits: int, unit: str, language: str) -> Markup:
    """Return a number with its unit; one that shows less than it has tells all on demand.

    The zeros at its end are shown where it stands in a column of numbers, so that those line up;
    in a sentence the style hides them.
    """
    if value is None:
        return _NONE
    short, zeros = split_decimal(value, digits, language)
    exact = plain_decimal(value, _ALL_DIGITS, language)
    told = Markup(' title="{}\u202f{}"').format(exact, unit) if exact != short else ""
    fill = Markup('<span class="fill">{}</span>').format(zeros) if zeros else ""
    return Markup('<span class="figure"{}>{}{}<span class="unit">\u202f{}</span></span>').format(
        told, short, fill, unit
    )


def in_kw(value: float | None, language: str = "en") -> Markup:
    """Return a power in kW as markup, with a dash where it is not known."""
    return _decimal(value, _KW_DIGITS, "kW", language)


def in_kvar(value: float | None, language: str = "en") -> Markup:
    """Return a reactive power in kvar as markup, likewise."""
    return _decimal(value, _KW_DIGITS, "kvar", language)


def in_kwh(value: float | None, language: str = "en") -> Markup:
    """Return an energy in kWh as markup, likewise."""
    return _decimal(value, _KW_DIGITS, "kWh", language)


def measure(value: float | None, unit: str, language: str = "en") -> Markup:
    """Return a value of the grid with its unit as markup, likewise: pu to four decimals."""
    digits = _PU_DIGITS if unit == "pu" else _GRID_DIGITS
    return _decimal(value, digits, unit, language)


def price(value: float | None, language: str = "en") -> Markup:
    """Return a price in EUR/kWh as markup, likewise."""
    return _decimal(value, _PRICE_DIGITS, "€/kWh", language)


def reactive_price(value: float | None, language: str = "en") -> Markup:
    """Return a price in EUR/kvarh as markup, likewise."""
    return _decimal(value, _PRICE_DIGITS, "€/kvarh", language)


def in_euro(value: Decimal | float | str | None, language: str = "en") -> Markup:
    """Return an amount of money as markup: to the cent, with all its digits on demand."""
    return _NONE if value is None else _amount(value, "€", language)


def in_euro_exactly(value: Decimal | float | str, language: str = "en") -> Markup:
    """Return an amount of money as markup with all its digits, as a sum of lines is told."""
    return Markup('<data value="{}">{}<span class="unit">\u202f€</span></data>').format(
        f"{Decimal(str(value)):f}", exact_amount(value, language)
    )


def in_tokens(value: Decimal | float | str | None, language: str = "en") -> Markup:
    """Return an amount of tokens as markup, likewise; it has no unit but its name beside it."""
    return _NONE if value is None else _amount(value, "", language)


def _amount(value: Decimal | float | str, unit: str, language: str) -> Markup:
    shown = plain_amount(value, language)
    unit_text = Markup('<span class="unit">\u202f{}</span>').format(unit) if unit else ""
    return Markup('<data class="figure" value="{}" title="{}">{}{}</data>').format(
        f"{Decimal(str(value)):f}",
        f"{exact_amount(value, language)} {unit}".strip(),
        shown,
        unit_text,
    )


def instant(moment: datetime, zone: ZoneInfo) -> Markup:
    """Return an instant as markup in the site's zone, which it names."""
    local = moment.astimezone(zone)
    shown = f"{local:%a} {local.day} {local:%b %Y, %H:%M}"
    told = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return Markup('<time datetime="{}">{} <span class="unit">{}</span></time>').format(
        told, shown, f"{local:%Z}"
    )


def wall(moment: datetime, zone: ZoneInfo) -> Markup:
    """Return an instant as its time of the day alone, where the day is known, with the zone."""
    local = moment.astimezone(zone)
    told = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return Markup('<time datetime="{}">{} <span class="unit">{}</span></time>').format(
        told, f"{local:%H:%M}", f"{local:%Z}"
    )


def with_instants(text: str, zone: ZoneInfo) -> Markup:
    """Return a text as markup, with each instant in it in the site's zone, which it names.

    Messages of REST tell instants as machines read them (ISO 8601 with an offset); an instant that
    is none, such as the 31st of June, stays as it is.
    """
    shown, end = Markup(""), 0
    for found in _INSTANT.finditer(text):
        with contextlib.suppress(ValueError, OverflowError):
            told = instant(datetime.fromisoformat(found[0]), zone)
            shown, end = shown + text[end : found.start()] + told, found.end()
    return shown + text[end:]


def day_of(on: date) -> Markup:
    """Return a day as markup, with its day of the week."""
    return Markup('<time datetime="{}">{}</time>').format(
        on.isoformat(), f"{on:%a} {on.day} {on:%b %Y}"
    )


def span_of_day(start: datetime, hours: int, zone: ZoneInfo) -> Markup:
    """Return a span of hours as markup: its day, and its times where it is no whole day."""
    first = start.astimezone(zone)
    last = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)
    day = f"{first:%a} {first.day} {first:%b %Y}"
    is_whole = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0)
    if is_whole:
        return Markup('<span class="figure">{}</span>').format(day)
    return Markup(  # a line may end between the two, and within neither
        '<span class="figure">{},</span> '
        '<span class="figure">{}\u2013{} <span class="unit">{}</span></span>'
    ).format(day, f"{first:%H:%M}", f"{last:%H:%M}", f"{last:%Z}")


def words(name: str) -> str:
    """Return a name of the wire in words: ``partlyPaid`` is partly paid, and DSO stays DSO."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower().split(" ")
    return " ".join(each.upper() if each in _SHORT else each for each in apart)
