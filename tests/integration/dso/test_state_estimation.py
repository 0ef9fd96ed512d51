"""State estimation over REST: triggered, stored, published."""

import asyncio
import cmath
import json
import shutil
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.integration.dso.conftest import scada
from tests.records import RecordsAt

import platone.demo.italy
from platone.dso.adapters.estimation_link import DatabusEstimates
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.records.estimation import EstimationRecords, TelemetryRecords
from platone.dso.records.table import metadata
from platone.dso.service.calculation.estimation import unpacked
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import VoltageMeasurement
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.pseudo import expected_within
from platone.grid.file.own_form import read_network
from platone.grid.flow.state import snapshot
from platone.grid.result.estimate import to_estimate
from platone.identity.context import Identity
from platone.infra.db import Database
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.standing import Standing
from platone.messages.estimation import EstimationRun

AT = "2021-06-23T10:30:00Z"
ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
PATH = "/api/dso/stateEstimation"
FLEXIBLE = "IT002E61899978"


async def calculated(world: Any) -> dict[str, Any]:
    """The power flow of the quarter-hour in question."""
    answer = await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": AT})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(each for each in answer.json()["results"] if each["at"] == AT)
    return found


async def estimated(world: Any, **question: Any) -> httpx.Response:
    answer: httpx.Response = await world.call("DSO", "POST", PATH, {"timestamp": AT, **question})
    return answer


async def test_sent_measurements_give_the_state(world: Any) -> None:
    await world.prepare()
    state = await calculated(world)
    answer = await estimated(world, measurements=scada(state))
    assert answer.status_code == 201, answer.text
    run = answer.json()
    assert (run["networkId"], run["leftOut"]) == ("italy-tor-di-valle", {})
    (remark,) = run["remarks"]
    assert remark.endswith("of 5 by baselines and trades, of 7 by the network file.")
    found = run["estimate"]
    assert found["at"] == AT
    for ours, theirs in zip(found["buses"], state["buses"], strict=True):
        assert ours["voltagePu"] == pytest.approx(theirs["voltagePu"], abs=1e-4)
        assert ours["angleDeg"] == pytest.approx(theirs["angleDeg"], abs=0.02)
        assert 0 < ours["stdVoltagePu"] < 2e-3
    for ours, theirs in zip(found["branches"], state["branches"], strict=True):
        assert ours["fromA"] == pytest.approx(theirs["fromA"], abs=0.5)
        assert ours["limitA"] == theirs["limitA"]
    # nothing but expected powers tells what consumers withdraw
    seen = found["observability"]
    assert not seen["isObservable"]
    assert f"expected/{FLEXIBLE}" in seen["pseudoMeasurements"]
    assert seen["unknownBuses"] == []
    assert found["quality"]["test"]["isPassed"]
    assert found["alarms"] == state["alarms"] or len(found["alarms"]) == len(state["alarms"])


async def test_results_are_stored_and_read(world: Any) -> None:
    assert (await world.call("DSO", "GET", PATH)).json()["type"].endswith("unknown-estimation")
    await world.prepare()
    state = await calculated(world)
    runs = [(await estimated(world, measurements=scada(state))).json() for _ in range(2)]
    assert (await world.call("AUDITOR", "GET", PATH)).json() == runs[1]
    assert (await world.call("AUDITOR", "GET", f"{PATH}/{runs[0]['id']}")).json() == runs[0]
    await world.restart()
    assert (await world.call("DSO", "GET", f"{PATH}/{runs[0]['id']}")).json() == runs[0]
    assert (await world.call("DSO", "GET", f"{PATH}/none")).status_code == 404
    assert (await world.call("ACEAE", "GET", PATH)).status_code == 403
    assert (await world.call("TSO", "POST", PATH, {})).status_code == 403
    assert (await world.call("AUDITOR", "POST", PATH, {})).status_code == 403


async def test_components_have_the_form_of_the_fields_services(world: Any) -> None:
    await world.prepare()
    state = await calculated(world)
    run = (await estimated(world, measurements=scada(state))).json()
    answer = await world.call("DSO", "GET", f"{PATH}/{run['id']}/components")
    components = {each["component"]: each for each in answer.json()["components"]}
    (bus,) = [each for each in run["estimate"]["buses"] if each["id"] == "bus/81823"]
    message = components["bus/81823"]
    assert set(message) == {"component", "timestamp", "readings"}
    assert {each["phase"] for each in message["readings"]} == {"A"}
    values = {each["measurand"]: each["data"] for each in message["readings"]}
    assert values["voltmagnitude"] == pytest.approx(bus["voltagePu"] * 20e3 / 3**0.5)
    assert values["voltangle"] == pytest.approx(bus["angleDeg"])
    assert values["activepower"] == pytest.approx(bus["pKw"] * 1e3 / 3)
    (line,) = [each for each in run["estimate"]["branches"] if each["id"] == "line/AD001090035-CP"]
    values = {
        each["measurand"]: each["data"] for each in components["line/AD001090035-CP"]["readings"]
    }
    assert values["currmagnitude"] == pytest.approx(line["fromA"])
    # P + jQ = V conj(I), per phase
    (near,) = [each for each in run["estimate"]["buses"] if each["id"] == "bus/AD001090035"]
    angle = near["angleDeg"] - values["currangle"]
    watts = near["voltagePu"] * 20e3 / 3**0.5 * line["fromA"]
    power = cmath.rect(watts, angle * cmath.pi / 180)
    assert power.real == pytest.approx(values["activepower"], rel=1e-6)
    assert power.imag == pytest.approx(values["reactivepower"], rel=1e-6)


async def test_wrong_measurements_are_named(world: Any) -> None:
    await world.prepare()
    wrong = [
        {"kind": "voltage", "id": "a", "bus": "bus/81823", "voltageKv": 20100, "stdKv": 40},
        {"kind": "injection", "id": "b", "element": "nobody", "pKw": 5, "stdKw": 1},
        {"kind": "injection", "id": "c", "element": FLEXIBLE, "pKw": 5},
    ]
    answer = await estimated(world, measurements=wrong)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"].endswith("/problems/measurements-invalid")
    kinds = {(each["measurement"], each["kind"]) for each in problem["faults"]}
    assert kinds == {
        ("a", "implausible"),
        ("b", "unknownElement"),
        ("c", "incomplete"),
    }
    answer = await estimated(world, measurements=[{"kind": "humidity", "id": "a"}])
    assert answer.json()["type"].endswith("/problems/malformed-message")


async def test_bad_data_are_removed_and_told(world: Any) -> None:
    await world.prepare()
    state = await calculated(world)
    sent = scada(state)
    wrong = next(each for each in sent if each["id"] == "v-bus/81823")
    wrong["voltageKv"] *= 1.05
    found = (await estimated(world, measurements=sent)).json()["estimate"]
    (suspect,) = found["quality"]["suspects"]
    (reading,) = suspect["readings"]
    assert (reading["measurement"], reading["quantity"]) == ("v-bus/81823", "voltage")
    assert reading["element"] == "bus/81823"
    assert suspect["isRemoved"]
    assert not found["quality"]["firstTest"]["isPassed"]
    (bus,) = [each for each in found["buses"] if each["id"] == "bus/81823"]
    (true,) = [each for each in state["buses"] if each["id"] == "bus/81823"]
    assert bus["voltagePu"] == pytest.approx(true["voltagePu"], abs=1e-3)
    only_told = (await estimated(world, measurements=sent, mostRemoved=0)).json()["estimate"]
    assert not only_told["quality"]["test"]["isPassed"]


async def test_the_same_sensors_again_give_what_they_gave(world: Any) -> None:
    """New values, a bad one among them, and the first ones again: none leaves anything behind."""
    await world.prepare()
    sent = scada(await calculated(world))
    first = (await estimated(world, measurements=sent)).json()["estimate"]
    wrong = [dict(each) for each in sent]
    next(each for each in wrong if each["id"] == "v-bus/81823")["voltageKv"] *= 1.05
    bad = (await estimated(world, measurements=wrong)).json()["estimate"]
    assert len(bad["quality"]["suspects"]) == 1
    again = (await estimated(world, measurements=sent)).json()["estimate"]
    assert again["quality"]["suspects"] == []
    for name in ("observability", "isUncertaintyExact"):
        assert again[name] == first[name]
    for name in ("buses", "branches", "alarms"):
        for ours, before in zip(again[name], first[name], strict=True):
            assert ours.keys() == before.keys()
            for field, value in before.items():
                if isinstance(value, float):
                    assert ours[field] == pytest.approx(value, rel=1e-4, abs=1e-4)
                else:
                    assert ours[field] == value


async def metered(world: Any) -> None:
    """Two readings of meters: one of the quarter-hour before, one too old."""
    reading = {
        "podId": FLEXIBLE,
        "startTime": "2021-06-23T10:15:00Z",
        "durationMinutes": 15,
        "energyWh": 500_000,
        "quality": "measured",
        "device": "0x" + "aB" * 20,
        "sequence": 1,
        "certificationId": "certified-1",
        "certificationHash": "0" * 64,
        "receivedAt": "2021-06-23T10:30:10Z",
    }
    old = {"podId": "IT002E60976796", "startTime": "2021-06-23T08:15:00Z", "sequence": 2}
    batch = {"measurements": [reading | old | {"certificationId": "certified-0"}, reading]}
    answer = await world.call("MDA", "POST", "/api/scd/measurements", batch)
    assert answer.status_code == 200, answer.text


async def seen_by_phasor_unit(world: Any, bus: dict[str, Any]) -> str:
    """Its voltage, turned by 7 degrees, from a device on the databus; the device's name."""
    device = await world.device(FLEXIBLE)
    volts = bus["voltagePu"] * 20e3 / 3**0.5
    readings = [
        {"component": bus["id"], "measurand": measurand, "phase": phase, "data": value}
        for phase, turn in (("A", 0.0), ("B", -120.0), ("C", 120.0))
        for measurand, value in (("voltmagnitude", volts), ("voltangle", 7.0 + turn))
    ]
    name: str = device.account.address
    message = {"device": name, "timestamp": "2021-06-23T10:29:58Z", "readings": readings}
    await device.link.publish(f"bal/pmu/{name}", json.dumps(message).encode())

    async def has_come() -> bool:
        answer = await world.call("DSO", "GET", f"/api/dso/phasorPower/{name}")
        return bool(answer.status_code == 200)

    await world.until(has_come)
    return name


async def test_all_that_is_known_is_gathered(world: Any) -> None:
    """SCADA sent before, a phasor from the databus, and a meter's reading, in one set."""
    await world.prepare()
    state = await calculated(world)
    sent = [each | {"at": "2021-06-23T10:29:00Z"} for each in scada(state)]
    old = sent[0] | {"id": "old", "at": "2021-06-23T10:00:00Z"}
    foreign = sent[1] | {"id": "foreign", "bus": "bus/elsewhere"}
    batch = {"measurements": [*sent, old, foreign]}
    answer = await world.call("DSO", "POST", "/api/dso/measurements", batch)
    assert (answer.status_code, answer.json()) == (201, {"stored": len(sent) + 2})
    world.clock.move_to(datetime(2021, 6, 23, 10, 30, tzinfo=UTC))  # nothing comes from the future
    await metered(world)
    (bus,) = [each for each in state["buses"] if each["id"] == "bus/81823"]
    name = await seen_by_phasor_unit(world, bus)
    run = (await estimated(world)).json()
    assert set(run["leftOut"]) == {"foreign"}
    rows = [
        {reading["measurement"] for reading in each["readings"]}
        for each in run["estimate"]["measurements"]
    ]
    used = set().union(*rows)
    assert f"pmu/{name}/bus/81823/voltage" in used
    assert not used & {"old", "meter/IT002E60976796"}
    # the PoD shares its bus with a load that nobody meters: their sum counts
    assert {"expected/load/81823", f"meter/{FLEXIBLE}"} in rows
    (found,) = [each for each in run["estimate"]["buses"] if each["id"] == "bus/81823"]
    assert found["angleDeg"] == pytest.approx(7.0, abs=1e-3)  # the phasor's clock is the reference
    assert found["stdAngleDeg"] == pytest.approx(0.19, rel=0.01)


def made_run(at: datetime) -> EstimationRun:
    network = read_network((ITALY / "network.json").read_bytes())
    power = snapshot(network)
    found = estimate(NetworkModel(network), [], expected_within(power.p_kw[0], power.q_kvar[0]))
    return EstimationRun(
        id="x",
        network_id=network.id,
        version=network.version,
        made_at=at,
        estimate=to_estimate(found, at),
        left_out={},
        remarks=[],
    )


async def test_records_keep_the_newest(tmp_path: Path, records_at: RecordsAt) -> None:
    database = Database(records_at(tmp_path / "dso.db"), metadata)
    await database.open()
    at = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
    telemetry = TelemetryRecords(database)

    def voltage(name: str, kv: float, seconds: float) -> VoltageMeasurement:
        taken = at + timedelta(seconds=seconds)
        return VoltageMeasurement(id=name, at=taken, bus="b", voltage_kv=kv, std_kv=0.1)

    await telemetry.keep([voltage("a", 20.0, -60), voltage("a", 20.1, -30)], at)
    await telemetry.keep([voltage("a", 20.2, -30), voltage("a", 20.3, 5), voltage("b", 1, -90)], at)
    newest = await telemetry.newest(at, timedelta(seconds=80))
    assert newest == [voltage("a", 20.2, -30)]
    await telemetry.keep([voltage("c", 1.0, 2 * 86_400)], at + timedelta(days=2))
    assert await telemetry.newest(at, timedelta(days=1)) == []
    record = EstimationRecords(database, kept=2)
    run = made_run(at)
    for name in ("one", "two", "three"):
        named = msgspec.structs.replace(run, id=name)
        await record.keep(name, at, zlib.compress(msgspec.json.encode(named)))
    assert await record.by_id("one") is None
    latest = await record.latest()
    assert latest is not None
    assert unpacked(latest) == msgspec.structs.replace(run, id="three")
    await database.close()


async def test_estimates_are_published_on_the_databus(founded_dso: Path, tmp_path: Path) -> None:
    identity = Identity(shutil.copytree(founded_dso, tmp_path / "data"), "https://platone.test")
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing())
    await broker.start()
    tls = await identity.transport_credentials("dso")
    link = MqttLink(BrokerAt("127.0.0.1", broker.port), tls, "dso")
    heard = await link.subscribe(["processed/bal/#"])
    await link.start()
    await link.wait_up()
    estimates = DatabusEstimates()
    await estimates.publish([("stateEstimation", b"lost")])
    estimates.databus = MqttDatabus(link)
    await estimates.publish([("stateEstimation", b"{}"), ("stateEstimationSummary", b"[]")])
    async with asyncio.timeout(5):
        messages = [await anext(heard) for _ in range(2)]
    assert {(each.topic, each.payload) for each in messages} == {
        ("processed/bal/stateEstimation", b"{}"),
        ("processed/bal/stateEstimationSummary", b"[]"),
    }
    await link.stop()
    await broker.stop()
    await identity.stop()
