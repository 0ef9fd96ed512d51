"""A demonstration's scenario: a folder of files that a person can edit.

==================  ==========================================================================
file                what it holds
==================  ==========================================================================
scenario.toml       the market day, the clock, price limits, how the simulated field behaves
pods.csv            the points of delivery, one a line
offers.csv          what their customers let be offered, one quarter-hour a line
baselines.csv       each PoD's baseline: a column a PoD, a line a quarter-hour, kW
tso-request.json    the TSO's request; without the file there is none
network.json        the distribution network
expected.json       figures that must come out; without the file nothing is compared
==================  ==========================================================================
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from platone.messages.base import Identifier, PodId, PositiveKw, PowerKw, PriceEurPerKwh, SlotIndex
from platone.messages.market import Flexibility

_QUARTER_HOUR = timedelta(minutes=15)
_Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Plant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of pods.csv: a point of delivery and the simulated plant behind it.

    Attributes:
        pod_id: Its identifier.
        feeder: Medium-voltage feeder, for people.
        substation: Its substation.
        aggregator: The party that offers its flexibility.
        customer: The party that is supplied there; empty where it has no account.
        zone: Bidding zone.
        contract_kw: Contracted withdrawal.
        generation_kw: Contracted injection.
        inductive_kvar: Contracted inductive reactive power.
        cos_phi: Power factor at which it moves, lagging.
        max_up_kw: Most that its consumption may rise.
        max_down_kw: Most that it may fall.
        customer_share_percent: The customer's part of what its flexibility earns.
        penalty_eur_per_kwh: Penalty for energy not delivered.
        follows_percent: Simulated: how much of an ordered change it delivers.
        sway_percent: Simulated: how far it sways around its baseline without a setpoint.
    """

    pod_id: PodId
    feeder: str
    substation: str
    aggregator: Identifier
    customer: str = ""
    zone: Identifier
    contract_kw: PositiveKw
    generation_kw: PositiveKw
    inductive_kvar: PositiveKw
    cos_phi: Annotated[float, msgspec.Meta(gt=0, le=1)]
    max_up_kw: PositiveKw
    max_down_kw: PositiveKw
    customer_share_percent: _Percent
    penalty_eur_per_kwh: Annotated[float, msgspec.Meta(ge=0, le=1000)]
    follows_percent: Annotated[float, msgspec.Meta(ge=0, le=200)]
    sway_percent: _Percent


class Offered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of offers.csv: change from the baseline that may be offered, and its price."""

    pod_id: PodId
    index: SlotIndex
    change_kw: PowerKw
    price_eur_per_kwh: PriceEurPerKwh


class DaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[day] of scenario.toml: the market day, and when the simulated clock starts."""

    market_day: date
    zone: str
    clock_start: datetime


class DsoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[dso] of scenario.toml: the most that the DSO pays, EUR/kWh."""

    price_limit_eur_per_kwh: PriceEurPerKwh


class FieldSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[field] of scenario.toml: the simulated meters' first interval, and the sway's seed."""

    metering_starts: datetime
    seed: int


class SettingsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of scenario.toml."""

    title: str
    day: DaySettings
    dso: DsoSettings
    field: FieldSettings


class TsoRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """tso-request.json: what the simulated TSO asks for."""

    note: str = ""
    flexibility: Annotated[list[Flexibility], msgspec.Meta(min_length=1)]


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of expected.json.

    Attributes:
        title: What it is.
        expected: The value that must come out.
        tolerance: How far off it may be; 0 for words.
        unit: Its unit.
        source: Where the value comes from.
        file: The written file that it is looked up in.
        at: Where in the file: names, places, or conditions that one item of a list meets.
    """

    title: str
    expected: float | str | list[str]
    tolerance: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    unit: str = ""
    source: str = ""
    file: str
    at: list[str | int | dict[str, Any]]


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, read and checked.

    Attributes:
        folder: Where it was read from.
        title: What it is called.
        day: The market day and the clock.
        dso: What the DSO is ready to pay.
        field: The simulated field.
        plants: The points of delivery, in the file's order.
        offers: What may be offered.
        baselines_kw: One value a quarter-hour of the market day, by PoD.
        tso_request: The TSO's request, where there is one.
        network: The network file, as it is sent to the DSO.
        expected: Figures that must come out; none where nothing is compared.
    """

    folder: Path
    title: str
    day: DaySettings
    dso: DsoSettings
    field: FieldSettings
    plants: tuple[Plant, ...]
    offers: tuple[Offered, ...]
    baselines_kw: dict[str, tuple[float, ...]]
    tso_request: TsoRequest | None
    network: dict[str, Any]
    expected: tuple[Figure, ...] | None

    @property
    def start(self) -> datetime:
        """Return the local midnight at which the market day begins, UTC."""
        return self._midnight(self.day.market_day)

    @property
    def end(self) -> datetime:
        """Return the local midnight at which the market day ends, UTC."""
        return self._midnight(self.day.market_day + timedelta(days=1))

    @property
    def quarter_hours(self) -> int:
        """Return the number of quarter-hours of the market day: 92, 96 or 100."""
        return (self.end - self.start) // _QUARTER_HOUR

    @property
    def aggregators(self) -> list[str]:
        """Return the aggregators of the plants, each once."""
        return sorted({plant.aggregator for plant in self.plants})

    def instant(self, index: int) -> datetime:
        """Return the start of a quarter-hour of the market day, UTC."""
        return self.start + index * _QUARTER_HOUR

    def plant(self, pod_id: str) -> Plant:
        """Return the plant at a point of delivery."""
        return next(plant for plant in self.plants if plant.pod_id == pod_id)

    def _midnight(self, on: date) -> datetime:
        return datetime.combine(on, time(0), ZoneInfo(self.day.zone)).astimezone(UTC)
