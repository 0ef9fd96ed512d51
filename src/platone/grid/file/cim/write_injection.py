"""Writers of shunts, generators and sources."""

from platone.grid.file.cim.write_zero_sequence import behind_generator, behind_source
from platone.grid.file.cim.writing import Powers, Writing
from platone.grid.file.cim.xml_writer import Member, Ref
from platone.grid.flow.state import Flow
from platone.grid.network.element import Generator, Shunt, Source

_MEGA = 1e3
_NO_LIMIT = 99999.0
"""MW and Mvar that CGMES asks for and the network model has not."""


def write_shunt(writing: Writing, shunt: Shunt) -> None:
    """Write a shunt as a compensator with one section."""
    kv = writing.kv(shunt.bus)
    writing.eq.add(
        "LinearShuntCompensator",
        writing.id(shunt.id),
        **writing.facts(shunt.id, shunt.name),
        Equipment_EquipmentContainer=Ref(writing.level(shunt.bus)),
        ShuntCompensator_nomU=kv,
        ShuntCompensator_normalSections=1,
        ShuntCompensator_maximumSections=1,
        LinearShuntCompensator_gPerSection=shunt.p_kw / _MEGA / kv**2,
        LinearShuntCompensator_bPerSection=-shunt.q_kvar / _MEGA / kv**2,
    )
    writing.terminal(shunt.id, 1, shunt.bus, connected=shunt.closed)
    writing.ssh.about(
        "LinearShuntCompensator",
        writing.id(shunt.id),
        ShuntCompensator_sections=1,
        RegulatingCondEq_controlEnabled=False,
    )


def balances_of(flow: Flow | None, scenario: int) -> Powers:
    """Return the total power that machines withdraw at each bus that has any, kW + j kvar."""
    if flow is None:
        return {}
    network = flow.network
    held = {each.bus for each in network.sources} | {each.bus for each in network.generators}
    found = {bus: complex(flow.bus_kva[scenario, network.bus_position[bus]]) for bus in held}
    for place, consumer in enumerate(network.consumers):
        if consumer.bus in held:
            p, q = flow.power.p_kw[scenario, place], flow.power.q_kvar[scenario, place]
            found[consumer.bus] -= complex(p, q)
    for shunt in network.shunts:
        if shunt.closed and shunt.bus in held:
            pu = float(flow.voltage_pu[scenario, network.bus_position[shunt.bus]])
            found[shunt.bus] -= complex(shunt.p_kw, shunt.q_kvar) * pu**2
    return found


def write_generator(writing: Writing, machine: Generator) -> None:
    """Write a synchronous machine; of several at a bus the first has all reactive power."""
    identifier, unit = writing.id(machine.id), writing.made(machine.id, "unit")
    writing.eq.add(
        "GeneratingUnit",
        unit,
        IdentifiedObject_mRID=unit[1:],
        IdentifiedObject_name=machine.name or machine.id[:32],
        Equipment_EquipmentContainer=Ref(writing.substation(machine.bus)),
        GeneratingUnit_initialP=-machine.p_kw / _MEGA,
        GeneratingUnit_minOperatingP=min(0.0, -machine.p_kw / _MEGA),
        GeneratingUnit_maxOperatingP=max(0.0, -machine.p_kw / _MEGA),
    )
    control = writing.made(machine.id, "control")
    writing.eq.add(
        "SynchronousMachine",
        identifier,
        **writing.facts(machine.id, machine.name),
        Equipment_EquipmentContainer=Ref(writing.level(machine.bus)),
        RotatingMachine_GeneratingUnit=Ref(unit),
        RegulatingCondEq_RegulatingControl=Ref(control),
        SynchronousMachine_type=Member("SynchronousMachineKind.generator"),
        **behind_generator(machine, writing.kv(machine.bus)),
    )
    terminal = writing.terminal(machine.id, 1, machine.bus, connected=machine.closed)
    _control(writing, control, terminal, machine.voltage_pu * writing.kv(machine.bus))
    kva = complex(machine.p_kw, _reactive(writing, machine))
    mva = kva / _MEGA
    writing.powers[terminal] = mva if machine.closed else 0j
    writing.ssh.about(
        "SynchronousMachine",
        identifier,
        RegulatingCondEq_controlEnabled=True,
        RotatingMachine_p=machine.p_kw / _MEGA,
        RotatingMachine_q=mva.imag,
        SynchronousMachine_referencePriority=0,
        SynchronousMachine_operatingMode=Member("SynchronousMachineOperatingMode.generator"),
    )
    writing.ssh.about("GeneratingUnit", unit, GeneratingUnit_normalPF=0.0)


def _reactive(writing: Writing, machine: Generator) -> float:
    """Return a generator's reactive power, kvar, and take its power from its bus's balance."""
    if not machine.closed or machine.bus not in writing.balances:
        return 0.0
    with_source = any(each.closed and each.bus == machine.bus for each in writing.network.sources)
    kvar = 0.0 if with_source else writing.balances[machine.bus].imag
    writing.balances[machine.bus] -= complex(machine.p_kw, kvar)
    return kvar


def write_source(writing: Writing, source: Source) -> None:
    """Write an external network injection; the first at a bus has the power of all its machines."""
    identifier, control = writing.id(source.id), writing.made(source.id, "control")
    writing.eq.add(
        "ExternalNetworkInjection",
        identifier,
        **writing.facts(source.id, source.id),
        Equipment_EquipmentContainer=Ref(writing.level(source.bus)),
        RegulatingCondEq_RegulatingControl=Ref(control),
        ExternalNetworkInjection_governorSCD=0.0,
        ExternalNetworkInjection_minP=-_NO_LIMIT,
        ExternalNetworkInjection_maxP=_NO_LIMIT,
        ExternalNetworkInjection_minQ=-_NO_LIMIT,
        ExternalNetworkInjection_maxQ=_NO_LIMIT,
        **behind_source(source, writing.kv(source.bus)),
    )
    terminal = writing.terminal(source.id, 1, source.bus, connected=source.closed)
    _control(writing, control, terminal, source.voltage_pu * writing.kv(source.bus))
    mva = writing.balances.pop(source.bus, 0j) / _MEGA if source.closed else 0j
    writing.powers[terminal] = mva
    writing.ssh.about(
        "ExternalNetworkInjection",
        identifier,
        RegulatingCondEq_controlEnabled=True,
        ExternalNetworkInjection_p=mva.real,
        ExternalNetworkInjection_q=mva.imag,
        ExternalNetworkInjection_referencePriority=1,
    )


def _control(writing: Writing, control: str, terminal: str, kv: float) -> None:
    writing.eq.add(
        "RegulatingControl",
        control,
        IdentifiedObject_mRID=control[1:],
        IdentifiedObject_name="voltage",
        RegulatingControl_mode=Member("RegulatingControlModeKind.voltage"),
        RegulatingControl_Terminal=Ref(terminal),
    )
    writing.ssh.about(
        "RegulatingControl",
        control,
        RegulatingControl_discrete=False,
        RegulatingControl_enabled=True,
        RegulatingControl_targetDeadband=0.0,
        RegulatingControl_targetValue=kv,
        RegulatingControl_targetValueUnitMultiplier=Member("UnitMultiplier.k"),
    )
