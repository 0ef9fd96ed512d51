"""Files that are broken, hostile or beyond what can be calculated are refused by name."""

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it comes without types

from platone.grid.file.cim import archive
from platone.grid.file.cim.read import read_cim
from platone.grid.problem.network import FaultKind, NetworkInvalid

DATA = Path(__file__).parents[3] / "data" / "cim"
Make = Callable[..., str]
Write = Callable[..., bytes]


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, each in files.items():
            made.writestr(f"{name}.xml", each)
    return content.getvalue()


def refusal(files: dict[str, bytes]) -> tuple[str, FaultKind, str]:
    with pytest.raises(NetworkInvalid) as raised:
        read_cim(files)
    first = raised.value.faults[0]
    return first.element, first.kind, first.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "well-formed"),
        (b"not xml", "well-formed"),
        (b"<a/>", "its root is not rdf:RDF"),
        (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "no CIM objects"),
        (b"PK\x03\x04 and nothing more", "zip cannot be read"),
    ],
)
def test_what_is_no_cim(content: bytes, reason: str) -> None:
    assert reason in refusal({"a.xml": content})[2]


def test_no_files_at_all() -> None:
    assert refusal({})[0] == "files"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities(
    declaration: str, encoding: str, pair: list[str], write: Write
) -> None:
    text = write(*pair).decode().replace("8</cim:EnergyConsumer.p>", "&x;</cim:EnergyConsumer.p>")
    file = f'<?xml version="1.0" encoding="{encoding}"?>{declaration}{text}'.encode(encoding)
    assert "document type" in refusal({"a.xml": file})[2]


def test_entities_within_entities_do_not_grow(pair: list[str], write: Write) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 50}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "x">{levels}]>'
    text = write(*pair).decode().replace("8</cim:EnergyConsumer.p>", "&e11;</cim:EnergyConsumer.p>")
    refusal({"a.xml": (bomb + text).encode()})


def test_a_zip_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1_000_000)
    bomb = zipped(a=b" " * 5_000_000)
    assert len(bomb) < 10_000
    assert refusal({"a.zip": bomb})[1] == FaultKind.TOO_MANY
    twice = zipped(a=b" " * 600_000, b=b" " * 600_000)
    assert refusal({"a.zip": twice})[1] == FaultKind.TOO_MANY
    apart = {"a.xml": b" " * 600_000, "b.xml": b" " * 600_000}
    assert refusal(apart)[1] == FaultKind.TOO_MANY


def test_too_many_files_and_zips_too_deep() -> None:
    many = zipped(**{f"f{n}": b"<a/>" for n in range(archive.MAX_FILES + 1)})
    assert refusal({"a.zip": many})[1] == FaultKind.TOO_MANY
    content = b"<a/>"
    for _ in range(4):
        content = zipped(a=content)
    assert "two deep" in refusal({"a.zip": content})[2]


def test_two_instants_of_a_state(pair: list[str], make: Make, write: Write) -> None:
    def state(hour: str) -> bytes:
        profile = "http://entsoe.eu/CIM/SteadyStateHypothesis/1/1"
        text = write(make("EnergyConsumer", "#load", "about", EnergyConsumer_p=1), profile=profile)
        return text.replace(b"T10:00", f"T{hour}:00".encode())

    files = {"EQ.xml": write(*pair), "a.xml": state("10"), "b.xml": state("11")}
    assert "two instants" in refusal(files)[2]


def test_a_difference_model(write: Write) -> None:
    space = "http://iec.ch/TC57/61970-552/DifferenceModel/1#"
    text = write(f'<dm:DifferenceModel xmlns:dm="{space}" rdf:about="urn:uuid:1"/>')
    assert refusal({"a.xml": text})[1] == FaultKind.UNSUPPORTED


X, R, G = (f"</cim:PowerTransformerEnd.{part}>" for part in "xrg")
BROKEN = [
    ('"#kv20"', '"#kv30"', "B", FaultKind.MALFORMED),
    (f"36{X}", f"x{X}", "end1", FaultKind.NOT_A_NUMBER),
    (f"36{X}", f"nan{X}", "end1", FaultKind.NOT_A_NUMBER),
    (f"1.5{R}", f"1.5{R}<cim:PowerTransformerEnd.g>-1{G}", "unit", FaultKind.UNSUPPORTED),
    ("EnergyConsumer.p>8", "EnergyConsumer.p>1_0", "load", FaultKind.NOT_A_NUMBER),
    ('resource="#load"', 'resource="#grid"', "grid", FaultKind.MALFORMED),
    ('resource="#load"', 'resource="#nobody"', "_load-t1", FaultKind.MALFORMED),
    ("EnergyConsumer", "DanglingThing", "load", FaultKind.UNSUPPORTED),
    ("endNumber>2<", "endNumber>two<", "end2", FaultKind.NOT_A_NUMBER),
    ("ratedU>20<", "ratedU>0<", "end2", FaultKind.VOLTAGE_LEVEL),
    ("ratedU>20<", "ratedU>10<", "unit", FaultKind.VOLTAGE_LEVEL),
    ("sequenceNumber>1<", "sequenceNumber>one<", "_grid-t1", FaultKind.NOT_A_NUMBER),
]


@pytest.mark.parametrize(("old", "new", "element", "kind"), BROKEN)
def test_an_element_is_named_with_what_is_wrong(
    old: str, new: str, element: str, kind: FaultKind, pair: list[str], write: Write
) -> None:
    text = write(*pair).decode()
    assert old in text
    with pytest.raises(NetworkInvalid) as raised:
        read_cim({"a_EQ.xml": text.replace(old, new).encode()})
    assert (element, kind) in {(fault.element, fault.kind) for fault in raised.value.faults}


def test_what_is_out_of_service_does_no_harm(
    pair: list[str], make: Make, connect: Make, write: Write
) -> None:
    things = [
        *pair,
        make("FrequencyConverter", "foreign", Equipment_inService="false"),
        connect("foreign", 1, "B"),
        make("EquivalentShunt", "bare", Equipment_inService="false"),
        connect("bare", 1, "B"),
    ]
    network = read_cim({"a.xml": write(*things)})
    assert {remark.element for remark in network.remarks} >= {"foreign", "bare"}
    assert network.shunts == ()


def test_a_closed_earthing_switch(pair: list[str], make: Make, connect: Make, write: Write) -> None:
    things = [
        *pair,
        make("GroundDisconnector", "earth", Switch_open="false"),
        connect("earth", 1, "B"),
    ]
    assert refusal({"a.xml": write(*things)})[:2] == ("earth", FaultKind.UNSUPPORTED)
    things[-2] = make("GroundDisconnector", "earth", Switch_open="true")
    assert read_cim({"a.xml": write(*things)}).switches == ()


def _sources() -> dict[str, dict[str, bytes]]:
    found = {}
    for name in ("district-cgmes-3.0", "district-cgmes-2.4.15", "four-substations-cgmes-3.0"):
        with zipfile.ZipFile(DATA / f"{name}.zip") as packed:
            found[name] = {each: packed.read(each) for each in packed.namelist()}
    found["cigre_mv"] = {each.name: each.read_bytes() for each in (DATA / "cigre_mv").glob("*.xml")}
    return found


SOURCES = _sources()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SOURCES)), st.integers(0, 2**32), st.integers(1, 6))
@example("district-cgmes-2.4.15", 2199, 4)  # sections that are on, as no number
@example("district-cgmes-3.0", 977, 3)  # a tap changer that leaves nothing of the voltage
def test_whatever_is_missing_is_refused_or_remarked_never_a_crash(
    name: str, seed: int, cuts: int
) -> None:
    """Elements, properties and texts are taken out or garbled at random."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    files = dict(SOURCES[name])
    for _ in range(cuts):
        victim = chance.choice(sorted(files))
        root = etree.fromstring(files[victim])
        thing = chance.choice(root)
        part = chance.choice(thing) if len(thing) and chance.random() < 0.6 else None
        if part is None:
            root.remove(thing)
        elif chance.random() < 0.5:
            thing.remove(part)
        elif part.text:
            part.text = chance.choice(["", "x", "-1", "0", "1e400", "true", "99999", "nan"])
        else:
            for attribute in part.attrib:
                part.set(attribute, chance.choice(["#", "#nobody", "urn:uuid:", "a#b", "x"]))
        files[victim] = etree.tostring(root)
    if chance.random() < 0.2:
        del files[chance.choice(sorted(files))]
    try:
        network = read_cim(files)
    except NetworkInvalid as error:
        faults = error.faults
    else:
        assert network.buses
        return
    assert all(fault.element and fault.reason for fault in faults)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 5000))
def test_damaged_zips_and_texts(noise: bytes, place: int) -> None:
    with (DATA / "ieee9-cgmes-3.0.zip").open("rb") as file:
        content = file.read()
    broken = content[:place] + noise + content[place + len(noise) :]
    for name in ("a.zip", "a.xml"):
        try:
            read_cim({name: broken})
        except NetworkInvalid:
            continue
