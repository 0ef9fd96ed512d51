"""What cannot be simulated is refused by name, before anything is calculated."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from platone.cli.simulate import simulate_to_folder
from platone.grid.network.model import Network
from platone.grid.problem.network import NetworkInvalid
from platone.kernel.errors import PlatoneError
from platone.simulation.portfolio import SimulatedPod, SimulatedPortfolio
from platone.simulation.problem import NetworkWithoutLoad, ScenarioInvalid
from platone.simulation.rule_set import read_rules
from platone.simulation.run import SimulationOrder, make_simulation
from platone.simulation.scenario import Scenario

CIGRE = Path(__file__).parents[2] / "data" / "cim" / "cigre_mv"
START = date(2026, 1, 1)


def run(out: Path, **changed: object) -> None:
    given: dict[str, object] = {
        "network": CIGRE,
        "order": {"start": "2026-01-01", "days": 1, "pods": 3},
        "scenario": None,
        "portfolio": None,
        "rules": ["italian"],
        "voltage_band": None,
        "out": out,
        "json": False,
    }
    simulate_to_folder(**(given | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"start": "2026-02-30", "days": 1}, r"start"),
        ({"start": "2026-01-01", "days": 0}, r"days"),
        ({"start": "1999-01-01", "days": 1}, r"1999-01-01 .* 2000 to 2099"),
        ({"start": "9999-12-31", "days": 1}, r"9999-12-31 .* 2000 to 2099"),
        ({"start": "2026-01-01", "pods": 0}, r"pods"),
        ({"start": "2026-01-01", "pods": 10**6}, r"pods"),
        ({"start": "2026-01-01", "aggregators": 0}, r"aggregators"),
        ({"start": "2026-01-01", "seed": -1}, r"seed"),
    ],
)
def test_options(tmp_path: Path, order: dict[str, object], said: str) -> None:
    with pytest.raises(ScenarioInvalid, match=said):
        run(tmp_path / "out", order=order)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", r"file\.json"),
        ('{"dsoPrice": -1}', r"dsoPrice"),
        ('{"weather": "rain"}', r"weather"),
        ('{"solar": {"share": 0.1}}', r"yearlyGrowth"),
        ('{"zone": "Europe/Atlantis"}', r"Europe/Atlantis"),
    ],
)
def test_scenario_files(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "file.json"
    file.write_text(content)
    with pytest.raises(ScenarioInvalid, match=said):
        run(tmp_path / "out", scenario=file)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ([("ONE1", "nowhere")], r"ONE1 .* nowhere"),
        ([("ONE1", ""), ("ONE1", "")], r"ONE1 stands twice"),
    ],
)
def test_portfolios(cigre: Network, pods: list[tuple[str, str]], said: str) -> None:
    bus = cigre.buses[1].id
    found = SimulatedPortfolio(
        pods=tuple(
            SimulatedPod(pod_id=name, bus=at or bus, aggregator_id="A", peak_kw=1.0)
            for name, at in pods
        )
    )
    with pytest.raises(ScenarioInvalid, match=said):
        make_simulation(cigre, SimulationOrder(start=START), portfolio=found)


def test_rules(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match=re.escape("'cheapest'")):
        read_rules("cheapest")
    file = tmp_path / "mine.json"
    file.write_text('{"method": "byLot"}')
    with pytest.raises(ScenarioInvalid, match="byLot"):
        read_rules(str(file))
    file.write_text('{"pricing": "asBid"}')
    assert read_rules(str(file)).name == "mine"
    with pytest.raises(ScenarioInvalid, match="italian, italian"):
        run(tmp_path / "out", rules=["italian", "italian"])


def test_networks(tmp_path: Path, cigre: Network) -> None:
    with pytest.raises(NetworkInvalid):
        run(tmp_path / "out", network=Path(__file__))
    with pytest.raises(NetworkInvalid, match="No such file"):
        run(tmp_path / "out", network=tmp_path / "none.json")
    with pytest.raises(PlatoneError, match="voltage band"):
        run(tmp_path / "out", voltage_band="low")
    bare = replace(cigre, loads=())
    with pytest.raises(NetworkWithoutLoad, match=re.escape(cigre.id)):
        make_simulation(bare, SimulationOrder(start=START), Scenario())
    assert not (tmp_path / "out").exists()
