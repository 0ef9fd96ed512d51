"""State estimation of a feeder half of whose customers nobody meters, before and after profiles.

What customers really withdraw is drawn at random, and pandapower says the state that follows.
"""

import io
import json
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Floats = NDArray[np.float64]

PODS = tuple(f"IT001E{n:08}" for n in range(12))
METERED = PODS[::2]
OWNER = "ACEAE"
FIRST = datetime(2021, 5, 31, 22, tzinfo=UTC)  # 1 June in Rome
LEARNT_DAYS = 30
INSTANTS = [  # working days of July
    datetime(2021, 7, day, hour, 0, tzinfo=UTC)
    for day in (1, 5, 6, 7, 8, 12, 13, 14, 15, 19)
    for hour in (2, 9, 14, 18)
]
OHM, KV = 2.0, 20.0
TAN_PHI, SPREAD = 0.4, 0.2
RNG = np.random.default_rng(7)
BASE_KW = RNG.uniform(80.0, 250.0, len(PODS))
PEAK_QUARTER = RNG.integers(20, 80, len(PODS))


def mean_kw(quarter: NDArray[np.int64]) -> Floats:
    """The courses of the day, shape (quarter-hours, PoDs)."""
    turn = 2 * np.pi * (quarter[:, None] - PEAK_QUARTER) / 96
    return np.asarray(BASE_KW * (1 + 0.7 * np.cos(turn)))


def drawn(quarter: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the true consumption, kW and kvar: each quarter-hour lies off for itself."""
    mean = mean_kw(quarter)
    p_kw = mean + RNG.normal(0.0, SPREAD * BASE_KW, mean.shape)
    return p_kw, TAN_PHI * mean + RNG.normal(0.0, SPREAD * TAN_PHI * BASE_KW, mean.shape)


def network_file() -> bytes:
    buses = [{"id": f"bus{n}", "nominalKv": KV} for n in range(len(PODS) + 1)]
    lines = [
        {
            "id": f"line{n}",
            "from": f"bus{n}",
            "to": f"bus{n + 1}",
            "lengthKm": 1.0,
            "resistanceOhmPerKm": OHM,
            "reactanceOhmPerKm": OHM,
            "capacitanceNfPerKm": 0.0,
            "limitA": 400.0,
        }
        for n in range(len(PODS))
    ]
    points = [{"podId": pod, "bus": f"bus{n + 1}"} for n, pod in enumerate(PODS)]
    return json.dumps(
        {
            "format": "platone-network/1",
            "id": "feeder",
            "name": "feeder",
            "version": "1",
            "buses": buses,
            "sources": [{"id": "S", "bus": "bus0", "voltagePu": 1.0}],
            "lines": lines,
            "connectionPoints": points,
        }
    ).encode()


@dataclass
class Truth:
    """The truth: powers of the PoDs, and by pandapower the voltages and the feeder's power."""

    p_kw: Floats
    q_kvar: Floats
    voltage_pu: Floats
    feeder_kw: float
    feeder_kvar: float


def solved(p_kw: Floats, q_kvar: Floats) -> Truth:
    net = pp.create_empty_network()
    for _ in range(len(PODS) + 1):
        pp.create_bus(net, KV)
    pp.create_ext_grid(net, 0, 1.0)
    for n in range(len(PODS)):
        pp.create_line_from_parameters(net, n, n + 1, 1.0, OHM, OHM, 0.0, 0.4)
        pp.create_load(net, n + 1, p_kw[n] / 1e3, q_kvar[n] / 1e3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, numba=False)
    fed = net.res_ext_grid.iloc[0]
    return Truth(p_kw, q_kvar, net.res_bus.vm_pu.to_numpy(), 1e3 * fed.p_mw, 1e3 * fed.q_mvar)


def quarter_of(at: datetime) -> int:
    """Rome is two hours ahead of UTC all this time."""
    return (4 * (at.hour + 2) + at.minute // 15) % 96


async def registered(world: Any) -> None:
    """Network, PoDs, and baselines as flat as their contracts."""
    answer = await world.call("DSO", "PUT", "/api/dso/networks/feeder", network_file())
    assert answer.status_code < 300, answer.text
    starts = sorted({at.date() for at in INSTANTS})
    for pod, kw in zip(PODS, BASE_KW, strict=True):
        form = {"podId": pod, "aggregatorId": OWNER, "zone": "CSUD", "cosPhi": 0.9285}
        answer = await world.call(OWNER, "POST", "/api/scd/pods", form)
        assert answer.status_code < 300, answer.text
        series = [
            {
                "podId": pod,
                "startTime": f"{day - timedelta(days=1)}T22:00:00Z",
                "values": [round(float(kw), 3)] * 96,
            }
            for day in starts
        ]
        answer = await world.call(OWNER, "POST", "/api/scd/baselines", {"series": series})
        assert answer.status_code < 300, answer.text


async def profiled(world: Any) -> None:
    """Last month's metering of all customers, read once by hand."""
    quarters = np.arange(96 * LEARNT_DAYS) % 96
    p_kw, q_kvar = drawn(quarters)
    file = io.StringIO()
    file.write("time,consumer,p_kw,q_kvar\n")
    for number in range(len(quarters)):
        time = (FIRST + number * timedelta(minutes=15)).isoformat()
        for place, pod in enumerate(PODS):
            file.write(f"{time},{pod},{p_kw[number, place]:.3f},{q_kvar[number, place]:.3f}\n")
    path = "/api/dso/profiles/metering"
    made = await world.call("DSO", "POST", path, file.getvalue().encode(), country="IT")
    assert made.status_code == 201, made.text


async def metered(world: Any, at: datetime, truth: Truth) -> None:
    """Readings of half of the PoDs, each 1 % off, once their quarter-hour is over."""
    world.clock.move_to(max(world.clock.now(), at + timedelta(minutes=15)))
    rows = [
        {
            "podId": pod,
            "startTime": at.isoformat(),
            "durationMinutes": 15,
            "energyWh": round(250 * truth.p_kw[PODS.index(pod)] * RNG.normal(1.0, 0.01)),
            "quality": "measured",
            "device": "0x" + "ab" * 20,
            "sequence": number,
            "certificationId": f"{at.isoformat()}/{pod}",
            "certificationHash": "0" * 64,
            "receivedAt": at.isoformat(),
        }
        for number, pod in enumerate(METERED)
    ]
    answer = await world.call("MDA", "POST", "/api/scd/measurements", {"measurements": rows})
    assert {each["status"] for each in answer.json()["results"]} == {"accepted"}


def at_the_feeders_head(truth: Truth) -> list[dict[str, Any]]:
    return [
        {
            "kind": "voltage",
            "id": "v",
            "bus": "bus0",
            "voltageKv": KV * (1 + RNG.normal(0.0, 1e-4)),
            "stdKv": KV * 1e-4,
        },
        {
            "kind": "branchPower",
            "id": "pq",
            "branch": "line0",
            "end": "from",
            "pKw": truth.feeder_kw + RNG.normal(0.0, 20.0),
            "stdKw": 20.0,
            "qKvar": truth.feeder_kvar + RNG.normal(0.0, 20.0),
            "stdKvar": 20.0,
        },
    ]


async def estimated(world: Any, at: datetime, measured: list[dict[str, Any]]) -> Any:
    question = {"timestamp": at.isoformat(), "measurements": measured, "gather": ["meter"]}
    answer = await world.call("DSO", "POST", "/api/dso/stateEstimation", question)
    assert answer.status_code == 201, answer.text
    return answer.json()


def voltages(run: Any, truth: Truth) -> tuple[Floats, Floats]:
    """Errors of the voltages behind the feeder's head, and the deviations that are stated."""
    buses = {each["id"]: each for each in run["estimate"]["buses"]}
    behind = [buses[f"bus{n + 1}"] for n in range(len(PODS))]
    found = np.array([each["voltagePu"] for each in behind])
    return found - truth.voltage_pu[1:], np.array([each["stdVoltagePu"] for each in behind])


async def test_profiles_make_the_estimate_better_and_its_uncertainty_true(world: Any) -> None:
    await registered(world)
    truths = []
    for at in INSTANTS:
        p_kw, q_kvar = drawn(np.array([quarter_of(at)]))
        truths.append(solved(p_kw[0], q_kvar[0]))
        await metered(world, at, truths[-1])
    heads = [at_the_feeders_head(truth) for truth in truths]

    async def every() -> tuple[Floats, Floats, list[Any]]:
        runs = [await estimated(world, *each) for each in zip(INSTANTS, heads, strict=True)]
        pairs = [voltages(*each) for each in zip(runs, truths, strict=True)]
        errors, deviations = np.array(pairs).swapaxes(0, 1)
        return errors, deviations, runs

    blanket, wide, runs = await every()
    assert runs[0]["remarks"] == [
        "Expected power stands in for what is not measured: of 12 by baselines and trades."
    ]
    await profiled(world)
    errors, deviations, runs = await every()
    assert runs[0]["remarks"] == [
        "Expected power stands in for what is not measured: of 12 by typical days."
    ]
    assert np.sqrt(np.mean(errors**2)) < 0.6 * np.sqrt(np.mean(blanket**2))
    assert np.mean(deviations) < 0.6 * np.mean(wide)
    # voltages of one feeder go together: of 40 draws, three deviations are 0.15 and 0.07
    assert 0.55 < np.mean(np.abs(errors) < deviations) < 0.80
    assert 0.90 < np.mean(np.abs(errors) < 1.96 * deviations) < 0.99


AT = "2021-06-23T10:30:00Z"
LATER = "2021-06-23T10:45:00Z"
BARE, TRADER, LOAD = "IT002E60976796", "IT002E60974469", "load/81823"
STEP_KW = 20.0


def kw_of(day: int, quarter: int) -> float:
    """A course of the day that lies 20 kW higher on every other day."""
    return 400.0 + quarter + STEP_KW * (day % 2)


async def with_steps(world: Any, consumers: tuple[str, ...]) -> tuple[float, float]:
    """Typical days of June; mean and standard deviation of one more working day at 12:30."""
    file = io.StringIO()
    file.write("time,consumer,p_kw\n")
    for number in range(96 * 21):
        time = (FIRST + number * timedelta(minutes=15)).isoformat()
        for consumer in consumers:
            file.write(f"{time},{consumer},{kw_of(*divmod(number, 96))}\n")
    path = "/api/dso/profiles/metering"
    made = await world.call("DSO", "POST", path, file.getvalue().encode(), country="IT")
    assert made.status_code == 201, made.text
    dates = [date(2021, 6, 1) + timedelta(days=day) for day in range(21)]
    is_working = [each.weekday() < 5 and each.day not in {1, 2} for each in dates]
    values = [kw_of(day, 50) for day in range(21) if is_working[day]]
    one_more = 1 + 1 / len(values)
    return float(np.mean(values)), float(np.std(values, ddof=1) * one_more**0.5)


async def expected_now(
    world: Any, at: str = AT
) -> tuple[list[str], dict[str, tuple[float, float]]]:
    """Remarks, and active power with its deviation of consumers that are alone at their bus."""
    head = {"kind": "voltage", "id": "v", "bus": "bus/CP-20", "voltageKv": 20.0, "stdKv": 0.05}
    run = await estimated(world, datetime.fromisoformat(at), [head])
    found = {
        each["readings"][0]["measurement"].removeprefix("expected/"): (
            each["measured"],
            each["std"],
        )
        for each in run["estimate"]["measurements"]
        if len(each["readings"]) == 1 and each["readings"][0]["quantity"] == "p"
    }
    return run["remarks"], found


async def test_each_consumer_has_the_best_that_is_known_of_it(world: Any) -> None:
    await world.prepare()
    before = (await expected_now(world))[1]
    mean, sigma = await with_steps(world, (BARE, LOAD))
    remarks, found = await expected_now(world)
    (remark,) = remarks
    assert remark.endswith(
        ": of 2 by typical days, of 4 by baselines and trades, of 6 by the network file."
    )
    assert found[BARE] == pytest.approx((mean, sigma), rel=1e-5)
    assert found[BARE] != pytest.approx(before[BARE], rel=0.01)
    assert {name: each for name, each in found.items() if name not in {BARE, LOAD}} == {
        name: each for name, each in before.items() if name not in {BARE, LOAD}
    }


async def test_one_without_data_leaves_the_others_what_they_have(world: Any) -> None:
    """The next day has no baselines, and only one PoD has typical days."""
    await world.prepare()
    mean, sigma = await with_steps(world, (BARE,))
    remarks, found = await expected_now(world, "2021-06-24T10:30:00Z")
    assert remarks[0].endswith("of 1 by typical days, of 7 by the network file.")
    assert remarks[1].startswith("Nothing is expected of 4 consumers")
    assert BARE not in remarks[1]
    assert found[BARE] == pytest.approx((mean, sigma), rel=1e-5)


async def test_typical_days_count_where_nobody_is_registered(world: Any) -> None:
    """The DSO's own records do not need the customer database; reactive power must be metered."""
    await world.call("DSO", "PUT", "/api/dso/networks/feeder", network_file())
    await profiled(world)
    head = {"kind": "voltage", "id": "v", "bus": "bus0", "voltageKv": 20.0, "stdKv": 0.02}
    run = await estimated(world, INSTANTS[0], [head])
    assert run["remarks"] == [
        "Expected power stands in for what is not measured: of 12 by typical days."
    ]
    assert run["estimate"]["observability"]["unknownBuses"] == []


async def test_who_has_traded_keeps_to_it(world: Any) -> None:
    await world.prepare()
    await with_steps(world, (TRADER,))
    outcome = "60d1b91478e4d2002bdcd39c"
    await world.trade(outcome, TRADER, 3900.0, -100.0)
    answer = await world.call("DSO", "GET", f"/api/dso/technicalOutcome/{outcome}")
    told = answer.json()["flexibility"][0]["power"][0]["acceptedPValue"]
    assert (await expected_now(world))[1][TRADER][0] == pytest.approx(told)
    assert (await expected_now(world, LATER))[1][TRADER][0] == pytest.approx(
        kw_of(0, 51) + STEP_KW / 2, abs=STEP_KW / 2
    )
