from typing import Any

import pytest

DAY = {"startTime": "2021-06-23T10:00:00Z"}
_PODS = {"IT001E00000001": "A", "IT001E00000002": "BC"}


def village(**street: Any) -> dict[str, Any]:
    """A street of 350 m behind a transformer; two customers, on other phases."""
    return {
        "format": "platone-network/1",
        "id": "village",
        "name": "A village",
        "version": "1",
        "buses": [
            {"id": "bus/station", "nominalKv": 20.0},
            {"id": "bus/village", "nominalKv": 0.4},
            {"id": "bus/end", "nominalKv": 0.4, "minPu": 0.95},
        ],
        "sources": [{"id": "PoM-1", "bus": "bus/station", "voltagePu": 1.0}],
        "transformers": [
            {
                "id": "trafo/village",
                "from": "bus/station",
                "to": "bus/village",
                "fromKv": 20.0,
                "toKv": 0.4,
                "ratedKva": 400,
                "shortCircuitPercent": 4.0,
                "copperLossKw": 4.6,
                "noLoadPercent": 0.8,
                "ironLossKw": 0.93,
                "phaseShiftDeg": 150,
                "vectorGroup": "Dyn5",
            }
        ],
        "lines": [
            {
                "id": "line/street",
                "from": "bus/village",
                "to": "bus/end",
                "lengthKm": 0.35,
                "resistanceOhmPerKm": 0.208,
                "reactanceOhmPerKm": 0.08,
                "capacitanceNfPerKm": 830,
                "limitA": 100,
            }
            | street
        ],
        "connectionPoints": [
            {"podId": pod, "bus": "bus/end", "phases": phases} for pod, phases in _PODS.items()
        ],
    }


ZERO = {
    "zeroResistanceOhmPerKm": 0.832,
    "zeroReactanceOhmPerKm": 0.32,
    "zeroCapacitanceNfPerKm": 500,
}


async def prepare(world: Any, network: dict[str, Any]) -> None:
    stored = await world.call("DSO", "PUT", "/api/dso/networks/village", network)
    assert stored.status_code == 201, stored.text
    for pod, kw in zip(_PODS, (34.0, 10.0), strict=True):
        registration = {
            "podId": pod,
            "aggregatorId": "ACEAE",
            "zone": "CSUD",
            "pnP": 100,
            "cosPhi": 0.9,
        }
        assert (await world.call("ACEAE", "POST", "/api/scd/pods", registration)).status_code < 300
        start = "2021-06-22T22:00:00Z"
        series = {"podId": pod, "startTime": start, "values": [kw] * 50 + [kw / 10] * 46}
        await world.call("ACEAE", "POST", "/api/scd/baselines", {"series": [series]})


async def test_an_unbalanced_day_has_phases_and_alarms_of_them(world: Any) -> None:
    await prepare(world, village(**ZERO))
    balanced = await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    assert "phases" not in balanced.text
    assert all(state["alarms"] == [] for state in balanced.json()["results"])
    question = DAY | {"unbalanced": True}
    answer = await world.call("DSO", "POST", "/api/dso/powerFlow", question)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == 96
    end = next(bus for bus in results[0]["buses"] if bus["id"] == "bus/end")
    low, *others = (each["voltagePu"] for each in end["phases"])
    assert low < 0.95 < min(others)
    assert end["unbalancePercent"] > 2
    street = next(each for each in results[0]["branches"] if each["id"] == "line/street")
    assert street["phases"][0]["toA"] > 100 > street["phases"][1]["toA"]
    kinds = {(each["element"], each["kind"], each.get("phase")) for each in results[0]["alarms"]}
    assert ("line/street", "current", "A") in kinds
    assert ("bus/end", "voltage", "A") in kinds
    assert ("bus/end", "unbalance", None) in kinds
    assert results[95]["alarms"] == []

    of_day = {"startTime": DAY["startTime"]}
    kept = await world.call("AUDITOR", "GET", "/api/dso/alarms", **of_day, unbalanced="true")
    alarms = kept.json()["alarms"]
    assert len(alarms) == sum(len(state["alarms"]) for state in results)
    assert {each.get("phase") for each in alarms} == {"A", None}
    # those of the balanced calculation stand beside them
    kept = await world.call("AUDITOR", "GET", "/api/dso/alarms", **of_day)
    assert kept.json()["alarms"] == []
    await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    kept = await world.call("AUDITOR", "GET", "/api/dso/alarms", unbalanced="true")
    assert kept.json()["alarms"] == alarms


async def test_an_unbalanced_calculation_that_was_not_made_is_told(world: Any) -> None:
    await prepare(world, village(**ZERO))
    await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    missing = await world.call("DSO", "GET", "/api/dso/alarms", unbalanced="true")
    assert missing.status_code == 404
    assert missing.json()["type"] == "/problems/unknown-grid-run"


@pytest.mark.parametrize("unbalanced", [False, True])
async def test_without_zero_sequence_data_only_balanced_states_are_told(
    world: Any, *, unbalanced: bool
) -> None:
    await prepare(world, village())
    question = DAY | {"unbalanced": unbalanced}
    answer = await world.call("DSO", "POST", "/api/dso/powerFlow", question)
    if not unbalanced:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "/problems/unbalanced-data-invalid"
    assert problem["faults"] == [
        {
            "element": "line/street",
            "kind": "missingData",
            "reason": "its zero-sequence resistance or reactance is missing",
        }
    ]
