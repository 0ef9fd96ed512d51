"""What no flexibility cures is named as it is."""

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import Case, Worst

from platone.grid.flexibility.request import PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Source
from platone.grid.network.model import Network


def test_what_is_left_of_a_cable_is_the_worse_of_its_ends(
    engine: GridModelPowerFlow, worst_by_pandapower: Worst
) -> None:
    # without reactive load less current leaves it than enters it, which charges it
    network = Network(
        id="cable",
        version="1",
        buses=tuple(Bus(id=name, nominal_kv=20.0, min_pu=None, max_pu=None) for name in ("a", "b")),
        sources=(Source(id="S", bus="a", voltage_pu=1.0),),
        lines=(
            Line(
                id="cable",
                from_bus="a",
                to_bus="b",
                resistance_ohm=0.5,
                reactance_ohm=0.5,
                capacitance_nf=5000.0,
                limit_a=25.0,
            ),
        ),
        transformers=(),
        loads=(),
        connection_points=(ConnectionPoint(pod_id="POD", bus="b"),),
    )
    case = Case(check(network), ConsumerPower(np.array([[1000.0]]), np.array([[500.0]])))
    pods = [
        PodFlexibility(
            pod_id="POD", max_up_kw=0.0, max_down_kw=0.0, kvar_per_kw=0.0, max_q_down_kvar=1000.0
        )
    ]
    found = size_request(Limits(network), engine, case.power, pods)
    (need,), (left,) = found.needs, found.incurable
    after = ConsumerPower(case.power.p_kw, case.power.q_kvar + need.change_kvar)
    assert left.violation.excess == pytest.approx(worst_by_pandapower(network, after), abs=1e-5)
    assert "more would not reduce it" in left.reason
