"""The SimBench network 1-MV-urban--0-sw with its year of quarter-hours (see data/simbench)."""

import json
from pathlib import Path

import numpy as np

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

DATA = Path(__file__).with_name("data") / "simbench"
NETWORK_FILE = DATA / "network.json"


def grid() -> Network:
    """The network: 144 buses, 139 loads, 134 plants."""
    return read_pandapower(NETWORK_FILE.read_bytes())


def year(network: Network) -> ConsumerPower:
    """What the consumers withdraw in the 35,136 quarter-hours of 2016, a leap year."""
    with np.load(DATA / "profiles.npz") as file:
        place, values = {str(name): i for i, name in enumerate(file["names"])}, file["values"]
    profile = _profile_of_each()
    names = [profile[each.id] for each in network.loads]
    # plants have one profile, and no reactive power here
    active = [place.get(f"{name}_pload", place.get(name, -1)) for name in names]
    reactive = [place.get(f"{name}_qload", place.get(name, -1)) for name in names]
    p_kw = np.array([each.p_kw for each in network.loads])
    q_kvar = np.array([each.q_kvar for each in network.loads])
    return ConsumerPower(values[active].T * p_kw, values[reactive].T * q_kvar)


def _profile_of_each() -> dict[str, str]:
    """Name of the profile of each load and plant, by our identifiers."""
    inside = json.loads(NETWORK_FILE.read_bytes())["_object"]
    found: dict[str, str] = {}
    for table in ("load", "sgen"):
        frame = json.loads(inside[table]["_object"])
        place = frame["columns"].index("profile")
        rows = zip(frame["index"], frame["data"], strict=True)
        found |= {f"{table}/{index}": row[place] for index, row in rows}
    return found
