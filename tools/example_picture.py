"""Make the example pictures of the how-to guide: `python tools/example_picture.py`.

They show the demonstration's synthetic network on the market day of the field test.
"""

import csv
from datetime import date
from pathlib import Path

import numpy as np

import platone.demo.italy
from platone.dso.domain.day import PodDay, day_power
from platone.grid.file.own_form import read_network
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.picture.draw import draw_heat_map, draw_network
from platone.kernel.market_time import MarketDay
from platone.kernel.power_factor import tan_phi

SCENARIO = Path(platone.demo.italy.__file__).with_name("scenario")
FOLDER = Path(__file__).parents[1] / "docs" / "picture"


def main() -> None:
    """Write both pictures."""
    network = read_network((SCENARIO / "network.json").read_bytes())
    with (SCENARIO / "baselines.csv").open() as file:
        rows = list(csv.DictReader(file))
    ratio, pods = tan_phi(0.9), {}
    for pod in network.pod_position:
        p_kw = np.array([float(row[pod]) for row in rows])
        pods[pod] = PodDay("", p_kw, p_kw * ratio, 0.0, 0.0, ratio)
    day = MarketDay(date(2021, 6, 23))
    flow = GridModelPowerFlow().solve(network, day_power(network, day, pods))
    instants = list(day.instants())
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "network.svg").write_bytes(draw_network(network, flow, instants))
    (FOLDER / "heat-map.svg").write_bytes(draw_heat_map(network, flow, instants))


if __name__ == "__main__":
    main()
