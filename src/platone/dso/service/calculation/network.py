"""Networks in a calculating process: read once, and kept for the next calculation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import msgspec

from platone.dso.domain.network_input import NetworkInput, NetworkOutline
from platone.dso.domain.network_key import NetworkKey
from platone.dso.service.calculation.branch import branches_of
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.network_source import read_network_content
from platone.grid.file.network_target import NetworkForm, write_network_content
from platone.grid.file.own_form import is_own_form
from platone.grid.network.difference import ElementDifference, Fate, network_difference
from platone.grid.network.element import Remark
from platone.grid.network.event import Event, faults_of, happened
from platone.grid.network.model import Network
from platone.grid.network.topology import pod_pom
from platone.infra.calculation.result import JSON, Written
from platone.messages.stored_network import (
    ElementChange,
    ElementFate,
    FieldChange,
    NetworkChanges,
)

_MOST_CHANGES = 10_000
"""Changes between two versions that are told one by one, some megabytes; of more, their number."""
ZIP = "application/zip"
_KEPT = 4
"""Networks that a process keeps in memory, as they were read and switched last."""


@lru_cache(maxsize=_KEPT)
def network_of(given: NetworkInput) -> Network:
    """Return a network as it is switched now."""
    return happened(_as_stored(given.key, given.file, given.clocks), given.events)


@lru_cache(maxsize=_KEPT)
def _as_stored(key: NetworkKey, file: Path, clocks: Clocks) -> Network:
    found = read_network_content(key.id, file.read_bytes(), clocks)
    return replace(found, id=key.id, version=key.version)


@dataclass(frozen=True, slots=True)
class CheckedNetwork:
    """The result of reading a network file.

    Attributes:
        id: The identifier that it names.
        version: The version that it names; empty where it names none.
        remarks: Remarks on reading it.
        is_own_form: Whether it is of our own form.
    """

    id: str
    version: str
    remarks: tuple[Remark, ...]
    is_own_form: bool


def check_network(network_id: str, content: bytes, clocks: Clocks) -> CheckedNetwork:
    """Read a network file, and return what it says of itself.

    Raises:
        NetworkInvalid: It cannot be calculated.
    """
    found = read_network_content(network_id, content, clocks)
    return CheckedNetwork(found.id, found.version, found.remarks, is_own_form(content))


def outline_of(given: NetworkInput) -> NetworkOutline:
    """Return the names of a network's points of delivery, loads and branches."""
    network = network_of(given)
    loads = tuple(load.id for load in network.loads if load.closed)
    return NetworkOutline(tuple(network.pod_position), loads, branches_of(network))


def association_of(given: NetworkInput) -> dict[str, str]:
    """Return the point of measurement that feeds each point of delivery."""
    return pod_pom(network_of(given))


def event_faults(given: NetworkInput, events: Sequence[Event]) -> list[str | None]:
    """Return for each event why it cannot be of this network; None where it can."""
    return faults_of(network_of(given), events)


def changes_of(before: NetworkInput, after: NetworkInput) -> Written:
    """Return the differences between two versions as stored, however they are switched now.

    Args:
        before: The earlier version.
        after: The later version.
    """
    found = difference_between(before, after)
    count = Counter(each.fate for each in found)
    told = NetworkChanges(
        network_id=after.key.id,
        before=before.key.version,
        after=after.key.version,
        added=count[Fate.ADDED],
        removed=count[Fate.REMOVED],
        changed=count[Fate.CHANGED],
        changes=[_told(each) for each in found[:_MOST_CHANGES]],
    )
    return Written(msgspec.json.encode(told))


def difference_between(before: NetworkInput, after: NetworkInput) -> list[ElementDifference]:
    """Return the differences between two versions as they are stored."""
    return network_difference(_stored(before), _stored(after))


def _stored(given: NetworkInput) -> Network:
    return _as_stored(given.key, given.file, given.clocks)


def _told(each: ElementDifference) -> ElementChange:
    return ElementChange(
        kind=each.kind,
        element=each.element,
        name=each.name,
        fate=ElementFate(each.fate.value),
        fields=[
            FieldChange(field=one.name, unit=one.unit, before=one.before, after=one.after)
            for one in each.fields
        ],
    )


def export_of(given: NetworkInput, form: NetworkForm) -> Written:
    """Return a network in another form, as it is switched now."""
    content = write_network_content(network_of(given), form)
    return Written(content, media_type=JSON if form == "pandapower" else ZIP)
