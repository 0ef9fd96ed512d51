"""The profiles that a model needs: which one is missing where it cannot be read."""

from collections.abc import Iterator, Sequence

from platone.grid.file.cim.document import Document
from platone.grid.file.cim.model import Model
from platone.grid.file.importer.elements import Elements
from platone.grid.network.element import Source
from platone.grid.problem.network import Fault, FaultKind

_WHOLE = "files"


def faults_of_profiles(model: Model, documents: Sequence[Document]) -> Iterator[Fault]:
    """Yield the profiles without which nothing can be read: EQ, and TP of bus-branch models."""
    spaces = sorted({space for each in documents if not each.records for space in each.foreign})
    found = f"; classes of {', '.join(map(repr, spaces[:3]))} are none of CIM" if spaces else ""
    if not any(True for _ in model.kinds()):
        yield _malformed(f"they hold no CIM objects{found}")
    elif not _has(model, "EQ"):
        told = ", ".join(dict.fromkeys(each.profile for each in model.documents if each.records))
        yield _malformed(f"the equipment (profile EQ) is missing, there is only {told}{found}")
    elif model.terminals and not any(model.of("ConnectivityNode", "TopologicalNode")):
        told = "the topology (profile TP) is missing, and there are no connectivity nodes"
        yield _malformed(f"{told}{found}")


def faults_of_sources(model: Model, elements: Elements) -> Iterator[Fault]:
    """Yield that no source was found, and that the profile which would tell it is missing."""
    if not elements.of(Source):
        why = "" if _has(model, "SSH") else "; the state (profile SSH), which tells it, is missing"
        yield Fault(_WHOLE, FaultKind.NO_SOURCE, f"there is no source that feeds the network{why}")


def is_without_state(model: Model) -> bool:
    """Return whether the model is of CGMES, as headers say, and its state (SSH) is missing."""
    return any(each.profiles for each in model.documents) and not _has(model, "SSH")


def _has(model: Model, *profiles: str) -> bool:
    return any(each.profile in profiles and each.records for each in model.documents)


def _malformed(reason: str) -> Fault:
    return Fault(_WHOLE, FaultKind.MALFORMED, reason)
