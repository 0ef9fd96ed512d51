import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platone.demo.italy import network_calibration, network_curve
from platone.grid.file.own_form import read_network
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow.alarm import violations
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.network.topology import pod_pom

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
TAN_PHI = math.tan(math.acos(0.9))
MARGINS = {  # D3.6 table 7: max flex P up and down
    "IT002E61899978": (0, 2000),
    "IT002E60976796": (100, 100),
    "IT002E60974469": (1000, 2400),
    "IT002E60499620": (200, 0),
    "IT002E60550189": (500, 0),
}
OUTCOME = {  # D3.6 4.3.4 and figure 46: accepted total and price
    "IT002E61899978": (1278.545, 0.03),
    "IT002E60974469": (4180.349299061132, 0.03),
    "IT002E60550189": (342.128, 0.07),
}


def flexible(margins: Mapping[str, tuple[float, float]] = MARGINS) -> list[PodFlexibility]:
    return [
        PodFlexibility(pod_id=pod, max_up_kw=up, max_down_kw=down, kvar_per_kw=TAN_PHI)
        for pod, (up, down) in margins.items()
    ]


def request(network: Network, power: ConsumerPower, engine: GridModelPowerFlow) -> FlexibilityNeed:
    return size_request(Limits(network), engine, power, flexible())


def validation(
    network: Network,
    power: ConsumerPower,
    engine: GridModelPowerFlow,
    outcome: Mapping[str, tuple[float, float]] = OUTCOME,
) -> Validation:
    places = network.pod_position
    trades = [
        Trade(
            pod_id=pod,
            scenario=50,
            change_kw=total - float(power.p_kw[50, places[pod]]),
            price_eur_per_kwh=price,
            kvar_per_kw=TAN_PHI,
        )
        for pod, (total, price) in outcome.items()
    ]
    return validate(Limits(network), engine, power, trades)


def test_both_files_are_what_their_modules_make() -> None:
    text = network_calibration.NETWORK_FILE.read_text()
    content = json.loads(text)
    for load in content["loads"]:  # forget what is calibrated
        if load["id"] in {"load/81823", "load/12157"}:
            load["pKw"] = load["qKvar"] = 1.0
    for line in content["lines"]:
        if line["id"] in {"line/AD001090035-CP", "line/12149-12150"}:
            line["lengthKm"] = 1.0
    made = network_calibration.network_text(network_calibration.calibrate(content))
    # the calibration's last printed digit depends on the processor's arithmetic
    assert NUMBER.split(made) == NUMBER.split(text)
    numbers = [float(each) for each in NUMBER.findall(text)]
    assert [float(each) for each in NUMBER.findall(made)] == pytest.approx(numbers, rel=1e-9)
    assert network_curve.baseline_table() == network_curve.BASELINE_FILE.read_text()


def test_it_says_that_it_is_synthetic(italy: Network) -> None:
    assert "SYNTHETIC" in italy.description
    assert "synthetic" in italy.name


def test_all_pods_belong_to_the_point_of_measurement(italy: Network) -> None:
    assert pod_pom(italy) == dict.fromkeys(MARGINS, "CP-IRLANDESE")


def test_exactly_one_branch_is_overloaded_in_exactly_one_quarter_hour(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    (alarm,) = violations(Limits(italy), engine.solve(italy, italian_power))
    assert alarm.scenario == 50
    assert alarm.state.element == "line/81823-AD001090035"
    assert alarm.state.value == pytest.approx(259.54, abs=1e-4)
    assert alarm.state.limit == 212.80


def test_the_request_of_the_field_test(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    found = request(italy, italian_power, engine)
    (need,) = found.needs
    assert need.scenario == 50
    assert set(need.pods) == {"IT002E61899978", "IT002E60974469", "IT002E60976796"}
    assert need.total_kw == pytest.approx(5771.039299061133, abs=0.01)
    assert found.incurable == ()


def test_the_outcome_and_validation_of_the_field_test(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    found = validation(italy, italian_power, engine)
    (alarm,) = found.violations
    assert alarm.state.element == "line/12157-12149"
    assert alarm.state.value == pytest.approx(30.07, abs=1e-4)
    assert alarm.state.limit == 19.60
    accepted = [verdict.accepted_kw for verdict in found.verdicts]
    assert accepted[:2] == [1278.545 - 2278.545, 4180.349299061132 - 4557.09]
    assert accepted[2] + 70.38 == pytest.approx(207.6620935799721, abs=0.01)
    (cause,) = found.verdicts[2].causes
    assert cause == alarm.state
    assert found.left == ()


def test_figures_follow_the_limit(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    lines = tuple(
        replace(line, limit_a=(line.limit_a or 0.0) + 10.0) if "81823-AD" in line.id else line
        for line in italy.lines
    )
    wider = check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=italy.buses,
            sources=italy.sources,
            lines=lines,
            transformers=italy.transformers,
            loads=italy.loads,
            connection_points=italy.connection_points,
            profiles=italy.profiles,
        )
    )
    (need,) = request(wider, italian_power, engine).needs
    # 10 A are about 10 / 46.74 of the 1376.74 kW
    assert need.total_kw - 5771.039 == pytest.approx(1376.74 * 10 / 46.74, rel=0.01)


def test_figures_follow_the_baseline(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    power = ConsumerPower(italian_power.p_kw.copy(), italian_power.q_kvar.copy())
    place = italy.pod_position["IT002E60974469"]
    power.p_kw[50, place] += 100.0
    power.q_kvar[50, place] += 100.0 * TAN_PHI
    (need,) = request(italy, power, engine).needs
    assert need.change_kw == pytest.approx(-1376.74 - 100.0, abs=3.0)
    assert need.baseline_kw == pytest.approx(7247.78)


def test_figures_follow_the_outcome(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    small = OUTCOME | {"IT002E60550189": (200.0, 0.07)}
    found = validation(italy, italian_power, engine, small)
    assert found.violations == ()
    assert [verdict.causes for verdict in found.verdicts] == [(), (), ()]


def test_the_calibration_does_not_use_the_engine() -> None:
    source = (
        Path(network_calibration.__file__).read_text() + Path(network_curve.__file__).read_text()
    )
    assert "platone.dso" not in source
    assert "power_grid_model" not in source


def test_the_file_reads_alone() -> None:
    network = read_network(network_calibration.NETWORK_FILE.read_bytes())
    assert len(network.profiles[0].factors) == 96
    assert np.all(np.array(network.profiles[0].factors) > 0)
