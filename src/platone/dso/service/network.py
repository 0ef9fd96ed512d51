"""Networks: stored by identifier and version, and read for calculations."""

import asyncio
import hashlib
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from platone.dso.domain.network_input import NetworkInput, NetworkOutline
from platone.dso.domain.network_key import NetworkKey
from platone.dso.domain.problem import (
    NetworkIdentityMismatch,
    NetworkMissing,
    NetworkVersionMissing,
    UnknownNetwork,
)
from platone.dso.records.alignment import AlignmentRecords
from platone.dso.records.network import NetworkRecords
from platone.dso.service.calculation.network import CheckedNetwork, check_network, outline_of
from platone.grid.file.cim.clock import Clocks
from platone.grid.network.element import Remark
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Identifier, Submission, SubmissionStatus
from platone.messages.stored_network import NetworkBranch

_KEPT = 16
"""Outlines of networks that are kept in memory: some versions, each as switched now."""
_SHOWN = 60
"""Characters of a wrong identifier that an error shows."""


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
        desk: Reads files.
        clock: The market's clock.
    """

    networks: NetworkRecords
    desk: CalculationDesk
    clock: Clock

    async def __call__(
        self,
        network_id: str,
        content: bytes,
        version: str | None = None,
        clocks: Clocks = "solved",
    ) -> StoredNetwork:
        """Store a network file as a version of its network.

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
        network = await self.desk.run(check_network, network_id, content, clocks)
        if network.is_own_form:
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


def _require_same(network: CheckedNetwork, network_id: str, version: str | None) -> None:
    if network.id != network_id or version not in {None, network.version}:
        raise NetworkIdentityMismatch(
            f"The file holds the network {network.id!r} of version {network.version!r}, "
            f"not {network_id!r}{'' if version is None else f' of version {version!r}'}.",
            networkId=network.id,
        )


@dataclass(slots=True)
class FindNetwork:
    """Finds stored networks, and has their files where processes that calculate read them.

    Args:
        networks: Where files are stored.
        alignments: How they are switched now.
        desk: Reads them; copies lie in its folder.
    """

    networks: NetworkRecords
    alignments: AlignmentRecords
    desk: CalculationDesk
    _outlines: OrderedDict[NetworkInput, NetworkOutline] = field(default_factory=OrderedDict)

    async def __call__(
        self, network_id: str | None = None, version: str | None = None
    ) -> NetworkInput:
        """Return a network as it is switched now: by default the one in force, stored last.

        With an identifier alone it is its version stored last.

        Raises:
            NetworkMissing: None is stored at all, and none is named.
            UnknownNetwork: Not this one.
        """
        key = await self._key(network_id, version)
        copy = self.desk.folder / hashlib.sha256(f"{key.id} {key.version}".encode()).hexdigest()
        if not copy.exists():
            content = await self.networks.content(key)
            await asyncio.to_thread(_write_whole, copy, content or b"")
        clocks = await self.networks.clocks(key)
        return NetworkInput(key, copy, clocks, await self.alignments.events(key))

    def known_branches(self, key: NetworkKey) -> tuple[NetworkBranch, ...] | None:
        """Return a network's branches where they are at hand, however it is switched now.

        Nothing is calculated for them, so that nobody waits behind a calculation.
        """
        known = (found.branches for each, found in self._outlines.items() if each.key == key)
        return next(known, None)

    async def outline(self, network: NetworkInput, *, urgent: bool = False) -> NetworkOutline:
        """Return the names in a network, which a process reads where they are not at hand."""
        found = self._outlines.get(network)
        if found is None:
            found = await self.desk.run(outline_of, network, urgent=urgent)
            self._outlines[network] = found
            while len(self._outlines) > _KEPT:
                self._outlines.popitem(last=False)
        self._outlines.move_to_end(network)
        return found

    async def content(self, network_id: str | None = None, version: str | None = None) -> bytes:
        """Return the content of a stored file; chosen and raising as :meth:`__call__`."""
        return await self.networks.content(await self._key(network_id, version)) or b""

    async def _key(self, network_id: str | None, version: str | None) -> NetworkKey:
        found = await self.networks.last(network_id, version)
        if found is not None:
            return found
        if network_id is None and await self.networks.last() is None:
            raise NetworkMissing("No network is stored: PUT one to /api/dso/networks/{id}.")
        named = "" if network_id is None else f" {network_id!r}"
        of_version = "" if version is None else f" of version {version!r}"
        raise UnknownNetwork(
            f"No network{named}{of_version} is stored.",
            networkId=network_id,
            version=version,
        )


def _write_whole(file: Path, content: bytes) -> None:
    """Write a file so that nobody sees a part of it."""
    part = file.with_name(f"{file.name}-{uuid.uuid4().hex}")
    part.write_bytes(content)
    part.rename(file)
