"""The one way in which pages show a number, an amount, and an instant: always with its unit."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup

from platone.kernel.canvas import number

_NONE = Markup('<span class="soft" title="not known">\u2013</span>')
_PRICE_DIGITS = 4
"""Decimals of a price in EUR/kWh: a hundredth of a cent."""
_KW_DIGITS = 2
"""Decimals of a power in kW: ten watts, finer than a household's meter tells in a quarter-hour."""


def _figure(text: str, unit: str) -> Markup:
    return Markup('<span class="figure">{}<span class="unit">\u202f{}</span></span>').format(
        text, unit
    )


def _shortest(value: float, digits: int) -> str:
    text = number(value, digits)
    shown = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if shown == "\u22120" else shown


def in_kw(value: float | None) -> Markup:
    """Return a power in kW as markup, with a dash where it is not known."""
    return _NONE if value is None else _figure(_shortest(value, _KW_DIGITS), "kW")


def in_kvar(value: float | None) -> Markup:
    """Return a reactive power in kvar as markup, likewise."""
    return _NONE if value is None else _figure(_shortest(value, _KW_DIGITS), "kvar")


def in_kwh(value: float | None) -> Markup:
    """Return an energy in kWh as markup, likewise."""
    return _NONE if value is None else _figure(_shortest(value, _KW_DIGITS), "kWh")


def price(value: float | None) -> Markup:
    """Return a price in EUR/kWh as markup, likewise."""
    return _NONE if value is None else _figure(_shortest(value, _PRICE_DIGITS), "€/kWh")


def reactive_price(value: float | None) -> Markup:
    """Return a price in EUR/kvarh as markup, likewise."""
    return _NONE if value is None else _figure(_shortest(value, _PRICE_DIGITS), "€/kvarh")


def in_euro(value: Decimal | float | str | None) -> Markup:
    """Return an amount of money as markup, to the cent or as fine as it is, never rounded."""
    if value is None:
        return _NONE
    exact = Decimal(str(value)).normalize()
    exponent = exact.as_tuple().exponent
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    return _figure(f"{exact:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212"), "€")


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


def span_of_day(start: datetime, hours: int, zone: ZoneInfo) -> Markup:
    """Return a span of hours as markup: its day, and its times where it is no whole day."""
    first = start.astimezone(zone)
    last = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)
    day = f"{first:%a} {first.day} {first:%b %Y}"
    is_whole = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0)
    if is_whole:
        return Markup('<span class="figure">{}</span>').format(day)
    return Markup('<span class="figure">{}, {}\u2013{} <span class="unit">{}</span></span>').format(
        day, f"{first:%H:%M}", f"{last:%H:%M}", f"{last:%Z}"
    )


def words(name: str) -> str:
    """Return a name of the wire in words: ``partlyPaid`` is partly paid."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
