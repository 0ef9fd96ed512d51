"""Forecasts of single consumers, load or generation, with the errors of a back-test."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from platone.dso.domain.forecast_order import ForecastOrder, models_of
from platone.dso.service.calculation.profile import forecast_of_rows
from platone.dso.service.ports import MeteringSource
from platone.dso.service.profile import pods_per_call
from platone.grid.profile.day_forecast import DayForecast
from platone.grid.profile.meter_row import is_counted
from platone.grid.profile.public_holiday import NationalCalendars
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class ForecastConsumers:
    """Forecasts the rest of the day and the next two.

    Args:
        meters: Measurements.
        calendars: Makes calendars.
        desk: Calculates.
        clock: The market's clock.
    """

    meters: MeteringSource
    calendars: NationalCalendars
    desk: CalculationDesk
    clock: Clock

    async def __call__(self, order: ForecastOrder) -> list[DayForecast]:
        """Return forecasts, each of some of the PoDs; those without metering are left out.

        Of the back-tests the scores are kept, not the single errors.

        Raises:
            PlatoneError: There is no such calendar, or customers does not answer.
            MeteringInvalid: A forecast of what follows the sun needs a site or a weather series;
                one that begins between two quarter-hours is refused.
        """
        await asyncio.to_thread(self.calendars, order.calendar)  # refused before all else
        models_of(order)  # refused before all else
        origin = order.origin or self.clock.now()
        start = origin - timedelta(days=order.history_days)
        wanted = list(dict.fromkeys(order.pod_ids))
        found: list[DayForecast] = []
        step = pods_per_call(start, origin)
        for first in range(0, len(wanted), step):
            some = wanted[first : first + step]
            rows = await self.meters.rows(some, start, origin, order.qualities)
            if is_counted(rows).any():
                found.append(
                    await self.desk.run(forecast_of_rows, rows, self.calendars, order, origin)
                )
        return found
