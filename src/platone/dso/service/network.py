"""Networks: stored by identifier and version, and read for calculations."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from platone.dso.domain.network.file import read_network
from platone.dso.domain.network.model import Network
from platone.dso.domain.problem import NetworkIdentityMismatch, NetworkMissing, UnknownNetwork
from platone.dso.service.ports import NetworkKey, Networks
from platone.kernel.clock import Clock
from platone.messages.base import Submission

_KEPT = 4


@dataclass(frozen=True, slots=True)
class StoreNetwork:
    """Checks a network file, stores it and puts it in force.

    Args:
        networks: Where files are stored.
        clock: The market's clock.
    """

    networks: Networks
    clock: Clock

    async def __call__(self, network_id: str, content: bytes) -> Submission:
        """Store a file.

        Raises:
            NetworkInvalid: It cannot be calculated.
            NetworkIdentityMismatch: It names another identifier.
            DuplicateIdentifier: Its version is stored with another content.
        """
        network = await asyncio.to_thread(read_network, content)
        if network.id != network_id:
            raise NetworkIdentityMismatch(
                f"The file holds the network {network.id!r}, not {network_id!r}.",
                networkId=network.id,
            )
        key = NetworkKey(network.id, network.version)
        fresh = await self.networks.store(key, content, self.clock.now())
        status = "accepted" if fresh else "alreadySubmitted"
        return Submission(id=f"{key.id}/{key.version}", status=status)


@dataclass(slots=True)
class FindNetwork:
    """Finds and reads stored networks; those read last are kept in memory.

    Args:
        networks: Where files are stored.
    """

    networks: Networks
    _read: OrderedDict[NetworkKey, Network] = field(default_factory=OrderedDict)

    async def __call__(self, network_id: str | None = None, version: str | None = None) -> Network:
        """A network: by default the one in force, which is the one that was stored last.

        With an identifier alone it is its version stored last.

        Raises:
            NetworkMissing: None is stored at all, and none is named.
            UnknownNetwork: Not this one.
        """
        key, content = await self.file(network_id, version)
        network = self._read.get(key)
        if network is None:
            network = await asyncio.to_thread(read_network, content)
            self._read[key] = network
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        return network

    async def file(
        self, network_id: str | None = None, version: str | None = None
    ) -> tuple[NetworkKey, bytes]:
        """Key and content of a stored file; chosen and raising as :meth:`__call__`."""
        keys = await self.networks.keys()
        if not keys and network_id is None:
            raise NetworkMissing("No network is stored: PUT one to /api/dso/networks/{id}.")
        for key in reversed(keys):
            if network_id in {None, key.id} and version in {None, key.version}:
                content = await self.networks.content(key)
                if content is not None:
                    return key, content
        raise UnknownNetwork(
            f"No network {network_id!r} of version {version!r} is stored.",
            networkId=network_id,
            version=version,
        )
