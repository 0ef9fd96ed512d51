"""Writes the CGMES test files in tests/data/cim with PowSyBl, an independent tool (MPL-2.0).

Not part of the product: run it in an environment of its own, which holds ``pypowsybl==1.16.1``
and ``pandapower==3.5.6``: ``python tools/cim_sample.py tests/data/cim``. Its power flow gives the
solved state (profile SV) that the tests compare with. The files are made by PowSyBl alone; nothing
of this project runs here.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pandapower.networks
import pandas as pd
import pypowsybl.loadflow as lf
import pypowsybl.network as pn

_CGMES = {"2.4.15": "16", "3.0": "100"}


def parameters(slack: str = "") -> lf.Parameters:
    """No controls and one slack, so that the state is what the files say, to 1e-10 pu."""
    provider = {"newtonRaphsonConvEpsPerEq": "1e-10", "maxNewtonRaphsonIterations": "60"}
    provider |= {"slackBusSelectionMode": "LARGEST_GENERATOR"}
    if slack:
        provider |= {"slackBusSelectionMode": "NAME", "slackBusesIds": slack}
    return lf.Parameters(
        distributed_slack=False,
        use_reactive_limits=False,
        shunt_compensator_voltage_control_on=False,
        transformer_voltage_control_on=False,
        phase_shifter_regulation_on=False,
        twt_split_shunt_admittance=True,
        read_slack_bus=False,
        write_slack_bus=True,
        voltage_init_mode=lf.VoltageInitMode.DC_VALUES,
        component_mode=lf.ComponentMode.ALL_CONNECTED,
        provider_parameters=provider,
    )


def table(**columns: object) -> pd.DataFrame:
    """A table with the column ``id`` as its index."""
    return pd.DataFrame(columns).set_index("id")


def district() -> pn.Network:
    """A district of three voltage levels with one of everything, its buses and branches."""
    net = pn.create_empty("district")
    net.create_substations(table(id=["S1", "S2"]))
    levels = [
        ("HV", "S1", 110.0), ("MV", "S1", 20.0), ("TV", "S1", 10.0),
        ("M2", "S2", 20.0), ("M3", "S2", 20.0), ("LV", "S2", 0.4),
    ]  # fmt: skip
    net.create_voltage_levels(
        table(
            id=[each[0] for each in levels],
            substation_id=[each[1] for each in levels],
            nominal_v=[each[2] for each in levels],
            topology_kind=["BUS_BREAKER"] * len(levels),
            low_voltage_limit=[each[2] * 0.9 for each in levels],
            high_voltage_limit=[each[2] * 1.1 for each in levels],
        )
    )
    buses = {"HV": 2, "MV": 2, "TV": 1, "M2": 2, "M3": 2, "LV": 1}
    names = [(f"{level}{n}", level) for level, count in buses.items() for n in range(1, count + 1)]
    net.create_buses(table(id=[n for n, _ in names], voltage_level_id=[v for _, v in names]))
    net.create_switches(
        table(
            id=["CPL-MV", "CPL-M2", "CPL-M3"],
            voltage_level_id=["MV", "M2", "M3"],
            bus1_id=["MV1", "M21", "M31"],
            bus2_id=["MV2", "M22", "M32"],
            kind=["BREAKER", "LOAD_BREAK_SWITCH", "DISCONNECTOR"],
            open=[True, False, True],
        )
    )
    injections(net)
    lines(net)
    transformers(net)
    limits(net)
    return net


def injections(net: pn.Network) -> None:
    """Generators, loads, shunts and a static compensator."""
    net.create_generators(
        table(
            id=["GRID", "CHP", "PV"],
            voltage_level_id=["HV", "TV", "M3"],
            bus_id=["HV1", "TV1", "M32"],
            target_p=[25.0, 4.0, 2.5],
            target_q=[0.0, 0.0, -0.4],
            target_v=[112.2, 10.2, 20.0],
            voltage_regulator_on=[True, True, False],
            min_p=[0.0] * 3,
            max_p=[500.0, 10.0, 5.0],
        )
    )
    loads = [
        ("L1", "MV", "MV1", 6.0, 1.5),
        ("L2", "MV", "MV2", 4.0, 1.0),
        ("L3", "M2", "M21", 3.0, 0.8),
        ("L4", "M2", "M22", 2.0, 0.4),
        ("L5", "M3", "M31", 2.5, 0.7),
        ("L6", "LV", "LV1", 0.25, 0.06),
    ]
    net.create_loads(
        pd.DataFrame(loads, columns=["id", "voltage_level_id", "bus_id", "p0", "q0"]).set_index(
            "id"
        )
    )
    net.create_shunt_compensators(
        shunt_df=table(
            id=["CAP", "STEPS"],
            voltage_level_id=["MV", "M3"],
            bus_id=["MV2", "M32"],
            section_count=[2, 2],
            model_type=["LINEAR", "NON_LINEAR"],
        ),
        linear_model_df=table(
            id=["CAP"], g_per_section=[1e-5], b_per_section=[1.5e-3], max_section_count=[4]
        ),
        non_linear_model_df=table(id=["STEPS"] * 3, g=[1e-6, 3e-6, 5e-6], b=[5e-4, 1.3e-3, 2.4e-3]),
    )
    net.create_static_var_compensators(
        table(
            id=["SVC"],
            voltage_level_id=["M2"],
            bus_id=["M22"],
            b_min=[-0.02],
            b_max=[0.02],
            regulation_mode=["REACTIVE_POWER"],
            target_q=[-0.9],
            target_v=[20.0],
            regulating=[True],
        )
    )


def lines(net: pn.Network) -> None:
    """A meshed ring with two parallel lines, and a line that is open at one end."""
    rows = [
        ("A", "MV", "MV1", "M2", "M21", 1.2, 0.9), ("B", "MV", "MV2", "M2", "M22", 1.5, 1.1),
        ("C", "M2", "M21", "M3", "M31", 0.8, 0.6), ("D", "M2", "M22", "M3", "M32", 0.9, 0.7),
        ("E", "M2", "M22", "M3", "M32", 0.9, 0.7), ("OPEN", "MV", "MV1", "M3", "M31", 2.1, 1.6),
    ]  # fmt: skip
    net.create_lines(
        pd.DataFrame(
            [(*row, 1e-6, 2e-5, 1e-6, 2e-5) for row in rows],
            columns=["id", "voltage_level1_id", "bus1_id", "voltage_level2_id", "bus2_id", "r", "x",
                     "g1", "b1", "g2", "b2"],
        ).set_index("id")
    )  # fmt: skip
    net.disconnect("OPEN")
    net.update_lines(id="OPEN", connected1=True)
    net.create_lines(
        table(id=["HVL"], voltage_level1_id=["HV"], bus1_id=["HV1"], voltage_level2_id=["HV"],
              bus2_id=["HV2"], r=[0.4], x=[1.9], g1=[0.0], b1=[9e-6], g2=[0.0], b2=[9e-6])
    )  # fmt: skip


def transformers(net: pn.Network) -> None:
    """Two windings with taps and with a phase shifter, three windings with taps."""
    net.create_2_windings_transformers(
        table(
            id=["T-OLTC", "T-PST", "T-LV"],
            voltage_level1_id=["HV", "M2", "M3"],
            bus1_id=["HV2", "M21", "M32"],
            voltage_level2_id=["MV", "M3", "LV"],
            bus2_id=["MV2", "M31", "LV1"],
            rated_u1=[110.0, 20.0, 20.0],
            rated_u2=[21.0, 20.0, 0.42],
            rated_s=[40.0, 10.0, 0.63],
            r=[0.055, 0.1, 0.0044],
            x=[1.3, 1.8, 0.0145],
            g=[6e-5, 1e-5, 0.006],
            b=[-3e-4, -5e-5, -0.03],
        )
    )
    steps = range(-8, 9)
    net.create_ratio_tap_changers(
        table(id=["T-OLTC"], tap=[3], low_tap=[-8], oltc=[True], regulating=[False]),
        table(id=["T-OLTC"] * 17, b=[0.0] * 17, g=[0.0] * 17, r=[0.0] * 17, x=[0.0] * 17,
              rho=[1 / (1 + 0.0125 * step) for step in steps]),
    )  # fmt: skip
    net.create_phase_tap_changers(
        table(id=["T-PST"], tap=[2], low_tap=[-4], regulating=[False],
              regulation_mode=["CURRENT_LIMITER"]),
        table(id=["T-PST"] * 9, b=[0.0] * 9, g=[0.0] * 9, r=[abs(n) / 2 for n in range(-4, 5)],
              x=[abs(n) for n in range(-4, 5)], rho=[1 - 0.002 * abs(n) for n in range(-4, 5)],
              alpha=[0.8 * n for n in range(-4, 5)]),
    )  # fmt: skip
    net.create_3_windings_transformers(
        table(
            id=["T3"], rated_u0=[110.0],
            voltage_level1_id=["HV"], bus1_id=["HV2"], rated_u1=[110.0], rated_s1=[40.0],
            r1=[0.9], x1=[32.0], g1=[1e-6], b1=[-8e-6],
            voltage_level2_id=["MV"], bus2_id=["MV1"], rated_u2=[20.5], rated_s2=[31.5],
            r2=[0.5], x2=[-0.6], g2=[0.0], b2=[0.0],
            voltage_level3_id=["TV"], bus3_id=["TV1"], rated_u3=[10.5], rated_s3=[12.5],
            r3=[1.1], x3=[18.0], g3=[0.0], b3=[0.0],
        )
    )  # fmt: skip
    net.create_ratio_tap_changers(
        table(id=["T3"], side=["TWO"], tap=[-2], low_tap=[-5], oltc=[False], regulating=[False]),
        table(id=["T3"] * 11, b=[0.0] * 11, g=[0.0] * 11, r=[0.0] * 11,
              x=[0.0] * 11, rho=[1 / (1 + 0.015 * step) for step in range(-5, 6)]),
    )  # fmt: skip


def limits(net: pn.Network) -> None:
    """Permanent and temporary currents."""
    rows = [
        (name, side, value, kind, duration)
        for name, amperes in (("A", 300.0), ("B", 280.0), ("C", 210.0))
        for side in ("ONE", "TWO")
        for value, kind, duration in (
            (amperes, "permanent_limit", -1),
            (amperes * 1.2, "20'", 1200),
        )
    ]
    net.create_operational_limits(
        pd.DataFrame(
            [
                (name, side, kind, "CURRENT", value, duration, "DEFAULT")
                for name, side, value, kind, duration in rows
            ],
            columns=["element_id", "side", "name", "type", "value", "acceptable_duration",
                     "group_name"],
        ).set_index("element_id")
    )  # fmt: skip


def write(net: pn.Network, name: str, folder: Path, profiles: str = "EQ,TP,SSH,SV") -> None:
    """Solve it and write it in both versions of CGMES."""
    for result in lf.run_ac(net, parameters()):
        if result.status != lf.ComponentStatus.CONVERGED:
            sys.exit(f"{name}: {result.status_text}")
    for version, cim in _CGMES.items():
        own = {"iidm.export.cgmes.cim-version": cim, "iidm.export.cgmes.profiles": profiles}
        net.save(folder / f"{name}-cgmes-{version}.zip", format="CGMES", parameters=own)


def main(folder: Path) -> None:
    """Write all of them."""
    made: dict[str, Callable[[], pn.Network]] = {
        "ieee9": pn.create_ieee9,
        "ieee57": pn.create_ieee57,
        "four-substations": pn.create_four_substations_node_breaker_network,
        "district": district,
    }
    for name, create in made.items():
        write(create(), name, folder)
    for name, network in {
        "cigre-lv": pandapower.networks.create_cigre_network_lv(),
        "case118": pandapower.networks.case118(),
    }.items():
        write(pn.convert_from_pandapower(network), name, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
