"""Bodies and answers of the routes of profiles and forecasts."""

from typing import Annotated

import msgspec

from platone.grid.profile.metering import GOOD_QUALITIES
from platone.messages.base import Instant, ListPart, Message, PodId

_Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
_Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
_Level = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Levels = Annotated[tuple[_Level, ...], msgspec.Meta(max_length=9)]
_PodIds = Annotated[tuple[PodId, ...], msgspec.Meta(max_length=10_000)]
_Qualities = Annotated[
    tuple[Annotated[str, msgspec.Meta(pattern="^(measured|estimated|simulated)$")], ...],
    msgspec.Meta(min_length=1, max_length=3),
]
_NonNegative = Annotated[float, msgspec.Meta(ge=0)]


class CalendarForm(Message):
    """The public holidays that count.

    Attributes:
        country: ISO 3166-1 code, such as IT.
        subdivision: Part of the country, whose own holidays count too, such as RM or BY.
        local_days: Holidays of a town, MM-DD.
        eves: Whether the day before a public holiday is a pre-holiday.
    """

    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
    subdivision: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{1,6}$")] | None = None
    local_days: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[0-9]{2}-[0-9]{2}$")], ...],
        msgspec.Meta(max_length=20),
    ] = ()
    eves: bool = True


class ProfileQuestion(Message):
    """The settings by which typical days are to be made.

    Attributes:
        start_time: From when measurements count.
        end_time: To when; usually a year later.
        calendar: Which public holidays count.
        pod_ids: Of which points of delivery; none: of all that are registered.
        qualities: Which measurements count.
        min_days: Values that each quarter-hour of a curve must rest on.
        levels: Quantile levels.
    """

    start_time: Instant
    end_time: Instant
    calendar: CalendarForm
    pod_ids: _PodIds = ()
    qualities: _Qualities = GOOD_QUALITIES
    min_days: Annotated[int, msgspec.Meta(ge=1, le=31)] = 3
    levels: _Levels = (0.1, 0.5, 0.9)


class RemarkForm(Message):
    """A remark on a consumer's metering.

    Attributes:
        consumer: The consumer.
        kind: The kind of remark.
        count: How many values it is about.
        detail: The remark in words.
    """

    consumer: str
    kind: str
    count: int
    detail: str


class ProfileSetForm(Message):
    """A set of typical days that were made together.

    Attributes:
        number: Counts the sets.
        made_at: When.
        start_time: Start of the metering behind them.
        end_time: Its end.
        calendar: Which public holidays counted.
        min_days: Values that each quarter-hour of a curve had to rest on.
        consumers: How many consumers it was made for.
        without_metering: Consumers that were asked for and have no metering that counts.
        remarks: What was remarkable in the metering.
    """

    number: int
    made_at: Instant
    start_time: Instant
    end_time: Instant
    calendar: CalendarForm
    min_days: int
    consumers: int
    without_metering: list[str]
    remarks: list[RemarkForm]


class ProfileSets(ListPart):
    """The sets that still count for a consumer, the latest last.

    Attributes:
        sets: Those in this part of the list.
    """

    sets: list[ProfileSetForm]


class Quantile(Message):
    """The curve of a quantile.

    Attributes:
        level: Share of values below it, 0 to 1.
        kw: Its curve, kW, one value a quarter-hour; null where nothing is known.
    """

    level: float
    kw: list[float | None]


class Curve(Message):
    """A typical day: 96 quarter-hours on the clocks of the market's zone.

    Attributes:
        month: 1 to 12.
        day_kind: working, preHoliday or holiday.
        basis: Which days it rests on: own, neighbours, year or anyDay; none: there is no curve.
        count: Values that each quarter-hour rests on.
        mean_kw: Mean active power.
        deviation_kw: Its sample standard deviation.
        quantiles: Its quantiles.
        mean_kvar: Mean reactive power, where it was metered.
    """

    month: int
    day_kind: str
    basis: str
    count: list[int]
    mean_kw: list[float | None]
    deviation_kw: list[float | None]
    quantiles: list[Quantile]
    mean_kvar: list[float | None] | None = None


class Curves(Message):
    """A consumer's typical days.

    Attributes:
        consumer: The consumer.
        set_number: The set that they belong to.
        zone: The time zone of their clocks.
        curves: One for each month and kind of day.
    """

    consumer: str
    set_number: int
    zone: str
    curves: list[Curve]


class SiteForm(Message):
    """A place on earth, degrees; north and east are positive.

    Attributes:
        latitude_deg: Degrees north.
        longitude_deg: Degrees east.
    """

    latitude_deg: _Latitude
    longitude_deg: _Longitude


class WeatherForm(Message):
    """A weather series by quarter-hours, which must reach into the days that are forecast.

    Attributes:
        start_time: Start of the first quarter-hour.
        values: One value a quarter-hour, none negative.
    """

    start_time: Instant
    values: Annotated[tuple[_NonNegative, ...], msgspec.Meta(min_length=1, max_length=40_000)]


class ForecastQuestion(Message):
    """The settings of a forecast of consumers.

    Attributes:
        pod_ids: Of which points of delivery.
        calendar: Which public holidays count.
        start_time: From when on; nothing metered later is looked at. Default: now.
        follows: people (load, and generation that follows neither sun nor wind) or sun.
        site: Where the plants stand; what follows the sun needs this or weather.
        weather: Forecast irradiance, or what else the generation goes in proportion to.
        days: Market days that are forecast, the current one included.
        test_days: Days of the back-test.
        history_days: How much metering is looked at.
        levels: Quantile levels of the band.
        qualities: Which measurements count.
    """

    pod_ids: Annotated[tuple[PodId, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    calendar: CalendarForm
    start_time: Instant | None = None
    follows: Annotated[str, msgspec.Meta(pattern="^(people|sun)$")] = "people"
    site: SiteForm | None = None
    weather: WeatherForm | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=7)] = 3
    test_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 28
    history_days: Annotated[int, msgspec.Meta(ge=1, le=800)] = 120
    levels: _Levels = (0.1, 0.9)
    qualities: _Qualities = GOOD_QUALITIES


class ErrorForm(Message):
    """The error of a model in the back-test; null where nothing could be judged.

    Attributes:
        model: The model, or the naive reference yesterday, lastWeek or persistence.
        days_ahead: 0 is the rest of the current day.
        count: Quarter-hours that were judged.
        mae_kw: Mean absolute error.
        rmse_kw: Root of the mean squared error.
        bias_kw: Mean error; positive: forecast too high.
        nmae: Mean absolute error over the mean absolute power.
        skill: By reference, one less the ratio of mean absolute errors.
    """

    model: str
    days_ahead: int
    count: int
    mae_kw: float | None
    rmse_kw: float | None
    bias_kw: float | None
    nmae: float | None
    skill: dict[str, float | None]


class ConsumerForecast(Message):
    """A consumer's forecast, kW, one value a quarter-hour.

    Attributes:
        pod_id: Whose.
        model: The model that was chosen: the one with the least error in the back-test.
        start_time: Start of the first quarter-hour.
        interval: Minutes; 15.
        values: Mean power, load convention.
        quantiles: The band by the back-test's errors.
        errors: The back-test's errors of all models and references.
    """

    pod_id: str
    model: str
    start_time: Instant
    interval: int
    values: list[float | None]
    quantiles: list[Quantile]
    errors: list[ErrorForm]


class Forecasts(Message):
    """Forecasts of points of delivery.

    Attributes:
        forecasts: One for each point of delivery of which a day's values are known.
        without_metering: The others: no metering, or too little, before the start.
    """

    forecasts: list[ConsumerForecast]
    without_metering: list[str]
