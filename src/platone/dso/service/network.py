"""Networks: stored by identifier and version, and read for calculations."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec

from platone.dso.domain.network_key import NetworkKey
from platone.dso.domain.problem import (
    NetworkIdentityMismatch,
    NetworkMissing,
    NetworkVersionMissing,
    UnknownNetwork,
)
from platone.dso.records.alignment import AlignmentRecords
from platone.dso.records.network import NetworkRecords
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.network_target import NetworkForm
from platone.grid.file.own_form import is_own_form
from platone.grid.network.element import Remark
from platone.grid.network.event import Event, happened
from platone.grid.network.model import Network
from platone.kernel.clock import Clock
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Identifier, Submission, SubmissionStatus

_KEPT = 4
"""Networks kept in memory as they were read and switched last."""
_SHOWN = 60
"""Characters of a wrong identifier that an error shows."""
ExportNetwork = Callable[[Network, NetworkForm], bytes]
"""Writes a network in another form."""
ReadNetwork = Callable[[str, bytes, Clocks], Network]
"""Reads a network file of any form that is known, by its name, with what the clocks of CIM's
transformers do to angles; raises NetworkInvalid."""


@dataclass(frozen=True, slots=True)
class StoredNetwork:
    """The answer to a network that was stored, with the remarks on reading it."""

    submission: Submission
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """Checks a network file, stores it and puts it in force.

    Args:
        networks: Where files are stored.
        read: Reads a file.
        clock: The market's clock.
    """

    networks: NetworkRecords
    read: ReadNetwork
    clock: Clock

    async def __call__(
        self,
        network_id: str,
        content: bytes,
        version: str | None = None,
        clocks: Clocks = "solved",
    ) -> StoredNetwork:
        """Store a file.

        A file of our own form names its identifier and version; other forms are stored under the
        identifier of the call, and under the file's version unless another is given.

        Raises:
            NetworkInvalid: It cannot be calculated.
            NetworkIdentityMismatch: It names another identifier or version.
            NetworkVersionMissing: Neither the file nor the call names a version.
            DuplicateIdentifier: Its version is stored with another content.
            MalformedMessage: Identifier or version are too long or hold other than printable ASCII.
        """
        _require_identifier(network_id, "The network's identifier")
        if version is not None:
            _require_identifier(version, "The version")
        network = await asyncio.to_thread(self.read, network_id, content, clocks)
        if is_own_form(content):
            _require_same(network, network_id, version)
        key = NetworkKey(network_id, version or network.version)
        if not key.version:
            raise NetworkVersionMissing(
                "The file says no version: give it one, ?version=…", networkId=network_id
            )
        _require_identifier(key.version, "The file's version (?version=… gives another)")
        fresh = await self.networks.store(key, content, self.clock.now(), clocks)
        status = SubmissionStatus.of_taken(is_new=fresh)
        return StoredNetwork(
            Submission(id=f"{key.id}/{key.version}", status=status), network.remarks
        )


def _require_identifier(text: str, what: str) -> None:
    """Check that a text is an identifier, as messages that name networks need it."""
    try:
        msgspec.convert(text, Identifier)
    except msgspec.ValidationError as error:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise MalformedMessage(f"{what}, {shown!r}, is no identifier: {error}") from error


def _require_same(network: Network, network_id: str, version: str | None) -> None:
    if network.id != network_id or version not in {None, network.version}:
        raise NetworkIdentityMismatch(
            f"The file holds the network {network.id!r} of version {network.version!r}, "
            f"not {network_id!r}{'' if version is None else f' of version {version!r}'}.",
            networkId=network.id,
        )


@dataclass(slots=True)
class FindNetwork:
    """Finds and reads stored networks; those read last are kept in memory.

    Args:
        networks: Where files are stored.
        alignments: How they are switched now.
        read: Reads a file.
    """

    networks: NetworkRecords
    alignments: AlignmentRecords
    read: ReadNetwork
    _read: OrderedDict[tuple[NetworkKey, tuple[Event, ...]], Network] = field(
        default_factory=OrderedDict
    )

    async def __call__(self, network_id: str | None = None, version: str | None = None) -> Network:
        """Return a network as it is switched now: by default the one in force, stored last.

        With an identifier alone it is its version stored last.

        Raises:
            NetworkMissing: None is stored at all, and none is named.
            UnknownNetwork: Not this one.
        """
        key, content = await self.file(network_id, version)
        events = await self.alignments.events(key)
        state = key, events
        network = self._read.get(state)
        if network is None:
            clocks = await self.networks.clocks(key)
            network = await asyncio.to_thread(self._switched, key, content, events, clocks)
            self._read[state] = network
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(state)
        return network

    def _switched(
        self, key: NetworkKey, content: bytes, events: tuple[Event, ...], clocks: Clocks
    ) -> Network:
        as_stored = self._read.get((key, ()))
        if as_stored is None:
            read = self.read(key.id, content, clocks)
            as_stored = replace(read, id=key.id, version=key.version)
        return happened(as_stored, events)

    async def file(
        self, network_id: str | None = None, version: str | None = None
    ) -> tuple[NetworkKey, bytes]:
        """Return key and content of a stored file; chosen and raising as :meth:`__call__`."""
        keys = await self.networks.keys()
        if not keys and network_id is None:
            raise NetworkMissing("No network is stored: PUT one to /api/dso/networks/{id}.")
        for key in reversed(keys):
            if network_id in {None, key.id} and version in {None, key.version}:
                content = await self.networks.content(key)
                if content is not None:
                    return key, content
        named = "" if network_id is None else f" {network_id!r}"
        of_version = "" if version is None else f" of version {version!r}"
        raise UnknownNetwork(
            f"No network{named}{of_version} is stored.",
            networkId=network_id,
            version=version,
        )
