"""A network of two buses as CIM text, to which tests add what they need."""

from collections.abc import Callable

import pytest

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MD = "http://iec.ch/TC57/61970-552/ModelDescription/1#"
CIM16 = "http://iec.ch/TC57/2013/CIM-schema-cim16#"
Text = Callable[..., bytes]


def thing(kind: str, identifier: str, how: str = "ID", /, **values: object) -> str:
    """An object; values that begin with # are references, those with * enumerations."""
    lines = [f'<cim:{kind} rdf:{how}="{identifier}">']
    for name, value in values.items():
        tag, text = name.replace("_", ".", 1), str(value)
        if text.startswith(("#", "*")):
            target = text if text[0] == "#" else f"{CIM16}{text[1:]}"
            lines.append(f'<cim:{tag} rdf:resource="{target}"/>')
        else:
            lines.append(f"<cim:{tag}>{text}</cim:{tag}>")
    return "\n".join([*lines, f"</cim:{kind}>"])


def document(*things: str, namespace: str = CIM16, profile: str = "", version: str = "1") -> bytes:
    """A file with a header if a profile is given."""
    header = ""
    if profile:
        header = (
            f'<md:FullModel rdf:about="urn:uuid:{profile[-12:]}">'
            f"<md:Model.version>{version}</md:Model.version>"
            f"<md:Model.scenarioTime>2026-01-01T10:00:00Z</md:Model.scenarioTime>"
            f"<md:Model.profile>{profile}</md:Model.profile></md:FullModel>"
        )
    body = "\n".join((header, *things))
    return (
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:md="{MD}" xmlns:cim="{namespace}">{body}</rdf:RDF>'
    ).encode()


def node(identifier: str, base: str) -> str:
    return thing("TopologicalNode", identifier, TopologicalNode_BaseVoltage=f"#{base}")


def terminal(equipment: str, number: int, bus: str, **values: object) -> str:
    return thing(
        "Terminal",
        f"_{equipment}-t{number}",
        ACDCTerminal_sequenceNumber=number,
        Terminal_ConductingEquipment=f"#{equipment}",
        Terminal_TopologicalNode=f"#{bus}",
        **values,
    )


def end(number: int, kv: float, r: float = 0, x: float = 0) -> str:
    return thing(
        "PowerTransformerEnd",
        f"end{number}",
        TransformerEnd_endNumber=number,
        TransformerEnd_Terminal=f"#_unit-t{number}",
        PowerTransformerEnd_PowerTransformer="#unit",
        PowerTransformerEnd_ratedU=kv,
        PowerTransformerEnd_ratedS=40,
        PowerTransformerEnd_r=r,
        PowerTransformerEnd_x=x,
    )


def two_buses() -> list[str]:
    """A feeder of 110 kV, a transformer to 20 kV, a load of 8 + j2 MVA."""
    return [
        thing("BaseVoltage", "kv110", BaseVoltage_nominalVoltage=110),
        thing("BaseVoltage", "kv20", BaseVoltage_nominalVoltage=20),
        node("A", "kv110"),
        node("B", "kv20"),
        thing("ExternalNetworkInjection", "grid", ExternalNetworkInjection_referencePriority=1),
        terminal("grid", 1, "A"),
        thing("PowerTransformer", "unit"),
        terminal("unit", 1, "A"),
        terminal("unit", 2, "B"),
        end(1, 110, 1.5, 36),
        end(2, 20),
        thing("EnergyConsumer", "load", EnergyConsumer_p=8, EnergyConsumer_q=2),
        terminal("load", 1, "B"),
    ]


@pytest.fixture(name="make")
def _make() -> Callable[..., str]:
    return thing


@pytest.fixture(name="connect")
def _connect() -> Callable[..., str]:
    return terminal


@pytest.fixture(name="write")
def _write() -> Text:
    return document


@pytest.fixture
def pair() -> list[str]:
    return two_buses()
