"""Stored typical days: what comes back, what is read for a day, drafts, and what is erased."""

import tracemalloc
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.records import RecordsAt

from platone.dso.domain.network_input import NetworkOutline
from platone.dso.domain.profile_set import ProfileSet
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.records.packed_curve import pack_curves
from platone.dso.records.profile import ProfileRecords
from platone.dso.records.table import metadata
from platone.dso.service.expectation import GatherExpectation
from platone.dso.service.forecast import GatherDay
from platone.dso.service.profile import BuildProfiles, EraseProfiles, ProfileOrder, ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.grid.array import Floats
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Load, Source
from platone.grid.network.model import Network
from platone.grid.profile.expectation import expected
from platone.grid.profile.meter_row import MeterRows
from platone.grid.profile.metering import Metering, RemarkKind
from platone.grid.profile.public_holiday import CalendarChoice, NationalCalendars, national_calendar
from platone.grid.profile.typical_day import TypicalDayRule, typical_days
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.db import Database
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.listing import Part
from platone.kernel.clock import SimulatedClock
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.registry import PointOfDelivery, Series

ALL = Part("", 1000)

pytestmark = pytest.mark.both_databases

ROME = "Europe/Rome"
FIRST = datetime(2021, 4, 30, 22, tzinfo=UTC)  # 1 May in Rome
NOW = datetime(2021, 7, 1, tzinfo=UTC)
ITALY, GERMANY = CalendarChoice("IT"), CalendarChoice("DE")
RULE = TypicalDayRule(min_days=2)


def metering(names: Sequence[str], days: int = 40, seed: int = 1) -> Metering:
    rng = np.random.default_rng(seed)
    p_kw = rng.normal(50.0, 10.0, (96 * days, len(names)))
    q_kvar = rng.normal(20.0, 5.0, p_kw.shape)
    q_kvar[: 96 * days // 2] = np.nan  # metered later than the active power
    return Metering(FIRST, tuple(names), p_kw, q_kvar)


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    database = Database(records_at(tmp_path / "dso.db"), metadata)
    await database.open()
    yield database
    await database.close()


@dataclass
class Customers:
    """The other party: who is registered, what was measured. It can fail in the middle."""

    pod_ids: list[str]
    minutes: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    calls_left: int = 1000
    days: int = 1000

    def _call(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise PartnerUnavailable("customers has stopped")

    async def pods(self) -> list[PointOfDelivery]:
        self._call()
        return [
            PointOfDelivery(
                pod_id=pod_id,
                aggregator_id="A",
                action_type="delete" if pod_id in self.ended else "activate",
            )
            for pod_id in self.pod_ids
        ]

    async def baselines(
        self, _pod_ids: Sequence[str], _day: MarketDay, _as_of: datetime | None = None
    ) -> list[Series]:
        return []

    async def associate(self, _pod_id: str, _pom_id: str) -> PlatoneError | None:
        return None

    async def devices(self) -> dict[str, str]:
        return {}

    async def rows(
        self, pod_ids: Sequence[str], start: datetime, end: datetime, _good: Collection[str]
    ) -> MeterRows:
        self._call()
        found, end = MeterRows(), min(end, start + timedelta(days=self.days))
        for pod_id in pod_ids:
            minutes = self.minutes.get(pod_id, 15)
            for number in range(int((end - start) / timedelta(minutes=minutes))):
                at = start + number * timedelta(minutes=minutes)
                found.add(pod_id, int(at.timestamp()), minutes, 1.0 + number % 7)
        return found


def builder(database: Database, desk: CalculationDesk, customers: Customers) -> BuildProfiles:
    records = ProfileRecords(database)
    return BuildProfiles(
        ReadRegistrations(customers, records),
        customers,
        NationalCalendars(ROME),
        desk,
        records,
        SimulatedClock(NOW, speed=0),
    )


def order(days: int = 365, calendar: CalendarChoice = ITALY) -> ProfileOrder:
    return ProfileOrder(FIRST, FIRST + timedelta(days=days), calendar, RULE)


async def of_file(
    database: Database,
    desk: CalculationDesk,
    names: Sequence[str],
    calendar: CalendarChoice = ITALY,
    seed: int = 1,
) -> ProfileSet:
    made = builder(database, desk, Customers([]))
    return await made.of_metering(metering(names, seed=seed), order(calendar=calendar))


async def test_what_is_stored_comes_back(database: Database, desk: CalculationDesk) -> None:
    names = [f"c{n}" for n in range(130)]  # more than are made at once
    made = await of_file(database, desk, names)
    assert made.consumers == 130
    records, calendars = ProfileRecords(database), NationalCalendars(ROME)
    right = typical_days(metering(names), national_calendar("IT", zone=ROME), RULE)
    assert right.q is not None
    for place in (0, 99, 100, 129):
        stored = await records.find(names[place], calendars)
        assert stored is not None
        number, found = stored
        assert (number, found.consumers) == (made.number, (names[place],))
        assert found.q is not None
        np.testing.assert_array_equal(found.basis[..., 0], right.basis[..., place])
        for ours, theirs in ((found.p, right.p), (found.q, right.q)):
            np.testing.assert_array_equal(ours.count[..., 0], theirs.count[..., place])
            np.testing.assert_allclose(ours.mean[..., 0], theirs.mean[..., place], rtol=1e-6)
            np.testing.assert_allclose(
                ours.deviation[..., 0], theirs.deviation[..., place], rtol=1e-6
            )
            np.testing.assert_allclose(
                ours.quantiles[..., 0], theirs.quantiles[..., place], rtol=1e-6
            )


@pytest.mark.parametrize("on", [date(2021, 6, 23), date(2021, 6, 2), date(2021, 10, 31)])
async def test_a_day_is_read_as_the_whole_year_says(
    database: Database, desk: CalculationDesk, on: date
) -> None:
    """Two sets of two calendars: the second of June is a holiday in Italy, not in Germany."""
    await of_file(database, desk, ["a", "b"])
    await of_file(database, desk, ["c"], GERMANY, seed=2)
    profiles = ReadProfiles(ProfileRecords(database), NationalCalendars(ROME))
    day = MarketDay(on)
    found = await profiles.of_day(["c", "nobody", "a"], day)
    assert set(found) == {"a", "c"}
    for name, country, seed, names in (("a", "IT", 1, ["a", "b"]), ("c", "DE", 2, ["c"])):
        calendar = national_calendar(country, zone=ROME)
        typical = typical_days(metering(names, seed=seed), calendar, RULE)
        right = expected(typical, name, list(day.instants()))
        assert right.mean_kvar is not None
        for what in ("mean_kw", "sigma_kw", "mean_kvar", "sigma_kvar"):
            np.testing.assert_allclose(getattr(found[name], what), getattr(right, what), rtol=1e-6)


async def test_a_consumer_has_what_was_published_last(
    database: Database, desk: CalculationDesk
) -> None:
    first = await of_file(database, desk, ["a", "b"])
    second = await of_file(database, desk, ["b"], seed=2)
    profiles = ReadProfiles(ProfileRecords(database), NationalCalendars(ROME))
    assert [(await profiles(name))[0] for name in "ab"] == [first.number, second.number]
    assert len((await profiles.sets(ALL)).items) == 2
    third = await of_file(database, desk, ["a"], seed=3)
    assert [each.number for each in (await profiles.sets(ALL)).items] == [
        second.number,
        third.number,
    ]
    right = typical_days(metering(["b"], seed=2), national_calendar("IT", zone=ROME), RULE)
    np.testing.assert_allclose((await profiles("b"))[1].p.mean, right.p.mean, rtol=1e-6)


async def test_all_profiles_are_stored_or_none(database: Database, desk: CalculationDesk) -> None:
    customers = Customers([f"POD-{n}" for n in range(7)])
    before = await builder(database, desk, customers)(order())
    customers.calls_left = 3
    with pytest.raises(PartnerUnavailable):
        await builder(database, desk, customers)(order())
    profiles = ReadProfiles(ProfileRecords(database), NationalCalendars(ROME))
    assert [each.number for each in (await profiles.sets(ALL)).items] == [before.number]
    assert {(await profiles(name))[0] for name in customers.pod_ids} == {before.number}
    async with database.reading() as connection:
        query = "SELECT count(*), count(DISTINCT set_number) FROM profile_curves"
        assert (await connection.exec_driver_sql(query)).one() == (7 * 36, 1)


async def test_a_draft_of_a_killed_server_is_swept_and_not_seen(database: Database) -> None:
    """Check that what was added without publishing stays in the file of a killed process."""
    records, calendars = ProfileRecords(database), NationalCalendars(ROME)
    typical = typical_days(metering(["a"]), national_calendar("IT", zone=ROME), RULE)
    async with records.making() as draft:
        await draft.add(pack_curves(typical))
        assert (await records.listed(ALL)).items == []
        assert await records.find("a", calendars) is None
        assert await records.curves(["a"], date(2021, 6, 1), calendars) == {}
        await ProfileRecords(database).clear_drafts()
        async with database.reading() as connection:
            for table in ("profile_curves", "profile_sets"):
                query = f"SELECT count(*) FROM {table}"  # noqa: S608 - names of our own
                assert (await connection.exec_driver_sql(query)).scalar() == 0


async def peak_bytes(database: Database, desk: CalculationDesk, pods: int) -> int:
    customers = Customers([f"POD-{n:03}" for n in range(pods)], days=4)
    build = builder(database, desk, customers)
    tracemalloc.start()
    await build(order())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


async def test_memory_does_not_grow_with_the_number_of_consumers(
    database: Database, desk: CalculationDesk
) -> None:
    """Of a year, two are made at once; the curves of one are 166 kB in double precision."""
    await peak_bytes(database, desk, 2)
    few, many = await peak_bytes(database, desk, 6), await peak_bytes(database, desk, 30)
    assert many - few < 24 * 16_000


async def test_consumers_with_other_intervals_do_not_stop_the_others(
    database: Database, desk: CalculationDesk
) -> None:
    """Of a year two fit into one call: the first two are metered every 90 minutes."""
    customers = Customers(["POD-0", "POD-1", "POD-2"], minutes={"POD-0": 90, "POD-1": 90})
    made = await builder(database, desk, customers)(order())
    assert (made.consumers, made.without_metering) == (1, ("POD-0", "POD-1"))
    told = {each.consumer: each.kind for each in made.remarks}
    assert told == {"POD-0": RemarkKind.INTERVAL, "POD-1": RemarkKind.INTERVAL}


async def test_hours_and_half_hours_count_with_their_energy(
    database: Database, desk: CalculationDesk
) -> None:
    """Mean powers over a year are those of the metered energies."""
    minutes = {"POD-0": 60, "POD-1": 30, "POD-2": 15}
    customers = Customers(list(minutes), minutes=minutes)
    made = await builder(database, desk, customers)(order())
    assert (made.consumers, made.without_metering) == (3, ())
    told = {each.consumer: each.kind for each in made.remarks}
    assert told == {"POD-0": RemarkKind.SPREAD, "POD-1": RemarkKind.SPREAD}
    day = date(2021, 6, 1)
    calendars = NationalCalendars(ROME)
    found = await ProfileRecords(database).curves(list(minutes), day, calendars)
    for pod_id, length in minutes.items():
        mean_kwh = 4.0  # of 1 to 7 kWh in turn
        assert np.mean(found[pod_id].p.mean) == pytest.approx(mean_kwh * 60 / length, rel=0.1)


@pytest.mark.sqlite_only
async def test_what_is_erased_is_nowhere_in_the_file(
    database: Database, desk: CalculationDesk, tmp_path: Path
) -> None:
    values: Floats = np.full((96 * 3, 2), 5.0)
    values[100, 0] = np.nan  # is remarked, by name
    build = builder(database, desk, Customers([]))
    names = ("Anna-Bianchi", "substation")
    await build.of_metering(Metering(FIRST, names, values), order())

    def said() -> bool:
        files = [path for path in tmp_path.iterdir() if path.name.startswith("dso.db")]
        return any(b"Anna-Bianchi" in path.read_bytes() for path in files)

    assert said()
    records = ProfileRecords(database)
    await EraseProfiles(records)("Anna-Bianchi")
    assert not said()
    (left,) = (await records.listed(ALL)).items
    assert left.remarks == ()
    assert await records.find("substation", NationalCalendars(ROME)) is not None
    assert await records.forget(["Anna-Bianchi", "nobody"]) == set()


async def test_profiles_go_with_the_registration(database: Database, desk: CalculationDesk) -> None:
    customers = Customers(["POD-0", "POD-1"])
    build = builder(database, desk, customers)
    await build(order(days=30))
    customers.ended = {"POD-1"}
    registered = await ReadRegistrations(customers, ProfileRecords(database))()
    assert list(registered) == ["POD-0"]
    found = await ProfileRecords(database).curves(
        ["POD-0", "POD-1"], date(2021, 6, 1), NationalCalendars(ROME)
    )
    assert list(found) == ["POD-0"]
    again = await build(replaced(order(days=30), ("POD-0", "POD-1")))
    assert (again.consumers, again.without_metering) == (1, ("POD-1",))


def replaced(old: ProfileOrder, pod_ids: tuple[str, ...]) -> ProfileOrder:
    return ProfileOrder(old.start, old.end, old.calendar, old.rule, pod_ids)


async def test_the_state_is_estimated_while_customers_does_not_answer(
    database: Database, desk: CalculationDesk
) -> None:
    buses = (
        Bus(id="s", nominal_kv=20.0, min_pu=0.9, max_pu=1.1),
        Bus(id="b", nominal_kv=20.0, min_pu=0.9, max_pu=1.1),
    )
    line = Line(
        id="l",
        from_bus="s",
        to_bus="b",
        resistance_ohm=0.3,
        reactance_ohm=0.3,
        capacitance_nf=0.0,
        limit_a=200.0,
    )
    points = (ConnectionPoint(pod_id="POD-0", bus="b"), ConnectionPoint(pod_id="POD-1", bus="b"))
    loads = (Load(id="load", bus="b", p_kw=30.0, q_kvar=40.0),)
    network = check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=(Source(id="s0", bus="s", voltage_pu=1.0),),
            lines=(line,),
            transformers=(),
            loads=loads,
            connection_points=points,
        )
    )
    await of_file(database, desk, ["POD-0"])
    customers, records = Customers(["POD-0", "POD-1"], calls_left=0), ProfileRecords(database)
    profiles = ReadProfiles(records, NationalCalendars(ROME))
    outcomes, finals = OutcomeRecords(database, lambda: None), FinalOutcomeRecords(database)
    known = GatherDay(ReadRegistrations(customers, records), customers, profiles, outcomes, finals)
    at = datetime(2021, 6, 23, 10, 37, tzinfo=UTC)
    outline = NetworkOutline(pods=("POD-0", "POD-1"), loads=("load",))
    gathered = await GatherExpectation(known, profiles, ROME, least_kw=0.05).at(outline, at)
    found = gathered.on(network)
    said = (await profiles.of_day(["POD-0"], MarketDay(at.date())))["POD-0"]
    assert found.power.p_kw[:2] == pytest.approx([30.0, said.mean_kw[50]])
    assert found.power.std_kw[:2] == pytest.approx([0.5 * 50.0, said.sigma_kw[50]])
    assert said.sigma_kvar is not None
    assert found.power.std_kvar[:2] == pytest.approx([0.5 * 50.0, said.sigma_kvar[50]])
    assert np.isnan([found.power.p_kw[2], found.power.q_kvar[2]]).all()
    told = found.remarks_on(["expected/load", "expected/POD-0"])
    assert told[0].startswith("The customer database does not answer: customers has stopped")
    assert told[1].endswith("of 1 by typical days, of 1 by the network file.")
    assert told[2].endswith("POD-1.")
