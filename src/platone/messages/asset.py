"""A portfolio's flexible assets, and what their customers wish for a day."""

from datetime import date
from typing import Annotated

import msgspec

from platone.messages.base import (
    Instant,
    ListPart,
    Message,
    PodId,
    PositiveKw,
    SlotIndex,
)

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A part of a whole: 1 is all of it."""
_PositiveShare = Annotated[float, msgspec.Meta(gt=0, le=1)]
_PositiveKwh = Annotated[float, msgspec.Meta(gt=0, le=100_000_000)]
_Cost = Annotated[float, msgspec.Meta(ge=0, le=100_000)]


class AvailableSpan(Message):
    """A span of quarter-hours of a market day, half-open.

    Attributes:
        first_index: Its first quarter-hour.
        end_index: The quarter-hour after its last.
    """

    first_index: SlotIndex
    end_index: Annotated[int, msgspec.Meta(ge=1, le=100)]


class DayPreference(Message):
    """The wish of a customer for a market day, which its aggregator keeps to when it offers.

    Attributes:
        pod_id: The point of delivery.
        day: The market day, by the calendar of the market's zone.
        available: Whether anything may be offered on this day.
        hours: When it may be; none: the whole day.
        least_state_of_charge: Part of a battery's capacity that is kept for the customer.
    """

    pod_id: PodId
    day: date
    available: bool = True
    hours: Annotated[tuple[AvailableSpan, ...], msgspec.Meta(max_length=50)] = ()
    least_state_of_charge: Share = 0.0


class StatedPreference(Message, omit_defaults=True):
    """A preference that holds for a day, said by the customer or the default.

    Attributes:
        stated: Whether the customer said it; else it is the default: available all day.
        preference: What holds.
        too_late: Quarter-hours for which it came too late: they were sold before, or offered in a
            session whose gate had closed.
    """

    stated: bool
    preference: DayPreference
    too_late: tuple[AvailableSpan, ...] = ()


class PreferencePage(ListPart):
    """The preferences of a market day for the points of delivery that the caller may see.

    Attributes:
        preferences: Those in this part of the list.
    """

    preferences: list[StatedPreference]


class Battery(Message):
    """A battery behind a point of delivery.

    Attributes:
        capacity_kwh: Energy that it holds when it is full.
        charge_kw: Most power that it takes.
        discharge_kw: Most power that it gives.
        efficiency: Energy that comes out again of what went in.
        state_of_charge: Part of its capacity that it holds.
        state_at: When it held that.
        wear_eur_per_kwh: Cost of a kWh that it gives or takes for others.
    """

    capacity_kwh: _PositiveKwh
    charge_kw: PositiveKw
    discharge_kw: PositiveKw
    efficiency: _PositiveShare = 0.9
    state_of_charge: Share
    state_at: Instant
    wear_eur_per_kwh: _Cost = 0.0


class Plant(Message):
    """A plant of photovoltaics behind a point of delivery.

    Attributes:
        peak_kw: Most power that it gives.
        curtailable_share: Part of its power that can be held back.
        curtailment_eur_per_kwh: What a kWh is worth that is held back.
    """

    peak_kw: PositiveKw
    curtailable_share: Share = 1.0
    curtailment_eur_per_kwh: _Cost = 0.0


class ShiftableLoad(Message):
    """A load that can run later on the same day: heat pump, boiler, charging car.

    Attributes:
        power_kw: Most power that can be put off, or taken in addition when it is made up for.
        longest_shift: Quarter-hours within which it is made up for.
        most_kwh: Most energy that is put off in a day.
        comfort_eur_per_kwh: What putting off a kWh costs the customer.
    """

    power_kw: PositiveKw
    longest_shift: Annotated[int, msgspec.Meta(ge=1, le=95)]
    most_kwh: _PositiveKwh
    comfort_eur_per_kwh: _Cost = 0.0


class Asset(Message):
    """A flexible asset of a point of delivery: exactly one of battery, plant and load.

    Attributes:
        asset_id: Its name, the only one at its point of delivery.
        pod_id: The point of delivery that it is behind.
        battery: What it is, if it is a battery.
        plant: What it is, if it is a plant.
        shiftable_load: What it is, if it is a load.
    """

    asset_id: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
    pod_id: PodId
    battery: Battery | None = None
    plant: Plant | None = None
    shiftable_load: ShiftableLoad | None = None


class AssetPage(ListPart):
    """Assets of the points of delivery that the caller may see.

    Attributes:
        assets: Those in this part of the list.
    """

    assets: list[Asset]
