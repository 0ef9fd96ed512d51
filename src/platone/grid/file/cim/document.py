"""One CIM XML file (IEC 61970-552): its header and its objects."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]  # it comes without types

from platone.grid.file.cim.cim_object import CimObject, identifier_of, key_of
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ID, _ABOUT, _RESOURCE = f"{_RDF}ID", f"{_RDF}about", f"{_RDF}resource"
_CIM = re.compile(r"\{https?://(iec\.ch/TC57|www\.ucaiug\.org|entsoe\.eu|iec\.ch/ns)\b")
_HEADER = re.compile(r"\{http://iec\.ch/TC57/61970-552/ModelDescription/")
_DIFFERENCE = "DifferenceModel"
_MAX_OBJECTS = 5_000_000

PROFILES = ("EQBD", "TPBD", "EQ", "TP", "SSH", "SV", "other")
"""Profiles that a file can hold, in the order in which they are read: a later one overrules."""

_WORDS = (  # the first that stands in the profile's address
    ("EQBD", ("EquipmentBoundary",)),
    ("TPBD", ("TopologyBoundary",)),
    ("EQ", ("Equipment", "Operation", "ShortCircuit")),
    ("TP", ("Topology",)),
    ("SSH", ("SteadyStateHypothesis",)),
    ("SV", ("StateVariables",)),
    ("other", ("Diagram", "Geographical", "Dynamics", "Contingency", "Schedule")),
)
_SUFFIX = re.compile(
    r"(?:^|[_\-./])(EQ|TP|SSH|SV|DL|DI|GL|DY)(?:[_\-]?(BD))?(?=[_\-.])", re.IGNORECASE
)


@dataclass(slots=True)
class Document:
    """A file of a CIM model.

    Attributes:
        name: Its name.
        model_id: The identifier of its model; empty where it has no header.
        header: The header's properties, such as ``Model.version``.
        profiles: What the header says that it holds, as addresses.
        records: Its objects.
        foreign: Namespaces of what is no class of CIM that is known.
    """

    name: str
    model_id: str = ""
    header: dict[str, str] = field(default_factory=dict)
    profiles: list[str] = field(default_factory=list)
    records: list[CimObject] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)

    @property
    def profile(self) -> str:
        """The profile that it holds, one of `PROFILES`; by its name where no header says it."""
        for profile, words in _WORDS:
            if any(word in each for each in self.profiles for word in words):
                return profile
        found = _SUFFIX.search(self.name)
        if found is None:
            return "EQ"
        profile = (found[1] + (found[2] or "")).upper()
        return profile if profile in PROFILES else "other"


def read_document(name: str, content: bytes) -> Document:
    """Read a file; nothing outside of it is opened and no entity is resolved.

    Raises:
        NetworkInvalid: It is no CIM XML.
    """
    document = Document(name)
    try:
        for element in _objects(name, content):
            _take(document, element)
            if len(document.records) > _MAX_OBJECTS:
                raise _refused(name, f"it has more than {_MAX_OBJECTS} objects", FaultKind.TOO_MANY)
    except etree.XMLSyntaxError as error:
        raise _refused(name, f"it is no well-formed XML: {error}") from error
    return document


def _objects(name: str, content: bytes) -> Iterator[etree._Element]:
    """Yield the objects of a file, each freed as soon as it has been used."""
    events = etree.iterparse(
        io.BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    _, root = next(events, (None, None))
    if root is None or root.tag != f"{_RDF}RDF":
        raise _refused(name, "it is no CIM XML: its root is not rdf:RDF")
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused(name, "it declares a document type, which CIM XML never does")
    depth = 0
    for event, element in events:
        if event == "start":
            depth += 1
            continue
        depth -= 1
        if depth == 0:
            yield element
            root.clear()


def _take(document: Document, element: etree._Element) -> None:
    tag = element.tag
    if _HEADER.match(tag) or tag.endswith((f"}}{_DIFFERENCE}", "}FullModel")):
        _take_header(document, element)
        return
    if not _CIM.match(tag):
        document.foreign.add(tag[1 : tag.rfind("}")])  # a vendor's own class, usually
        return
    reference = element.get(_ID) or element.get(_ABOUT)
    kind = tag[tag.rfind("}") + 1 :]
    if not reference:
        raise _refused(document.name, f"an object of the class {kind!r} has no rdf:ID")
    record = CimObject(identifier_of(reference), kind, _values(element))
    record.is_defined = element.get(_ID) is not None
    document.records.append(record)


def _values(element: etree._Element) -> dict[str, str]:
    values = {}
    for each in element:
        tag, resource = each.tag, each.get(_RESOURCE)
        if not isinstance(tag, str):
            continue  # an entity that was not resolved
        name = tag[tag.rfind("}") + 1 :]
        values[name] = (each.text or "").strip() if resource is None else key_of(resource)
    return values


def _take_header(document: Document, element: etree._Element) -> None:
    if element.tag.endswith(_DIFFERENCE):
        reason = "it is a difference model: send full models"
        raise _refused(document.name, reason, FaultKind.UNSUPPORTED)
    document.model_id = identifier_of(element.get(_ABOUT) or element.get(_ID) or "")
    document.header = _values(element)
    document.profiles += [
        (each.text or each.get(_RESOURCE) or "").strip()
        for each in element
        if isinstance(each.tag, str) and each.tag.endswith("}Model.profile")
    ]


def _refused(name: str, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> NetworkInvalid:
    return NetworkInvalid([Fault(name, kind, reason)])
