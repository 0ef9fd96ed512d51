"""A look at what a chain's members agreed: a server of older software sends nothing more."""

from collections.abc import Collection
from typing import Any

import msgspec

from platone.ledger.adapters.evm.contract_version import known_versions
from platone.ledger.adapters.network.reading import number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.seal import UNKNOWN_METHOD
from platone.ledger.domain.problem import ChainUnavailable, RpcError
from platone.ledger.domain.upgrade import Upgrade


class UpgradeWatch:
    """Compares the agreed codes of a server's contracts with those that its software knows.

    Args:
        node: The network's node; of those that are no validators nothing is asked twice.
        contracts: Where the server's contracts stand.
    """

    def __init__(self, node: NodeRpc, contracts: Collection[bytes]) -> None:
        self._node, self._contracts = node, contracts
        self._known = known_versions()
        self._has_members = True

    async def check(self) -> None:
        """Check that this software knows the contracts' codes of the next block.

        Raises:
            ChainUnavailable: It does not know one of them, or the node does not tell.
        """
        unknown = [each for each in await self.agreed() if each.new_code not in self._known]
        following = number(await self._asked("eth_blockNumber")) + 1 if unknown else 0
        for each in unknown:
            if each.from_block <= following:
                raise ChainUnavailable(
                    f"From block {each.from_block} on the members agreed the code {each.new_code} "
                    f"for {each.contract}, which this version of the software does not know: "
                    "install one that knows it."
                )

    async def agreed(self) -> list[Upgrade]:
        """Return the agreed upgrades of the contracts, those to come among them.

        Raises:
            ChainUnavailable: The node does not tell.
        """
        if not self._has_members:
            return []
        try:
            told = await self._node.call("platone_getUpgrades")
        except RpcError as error:
            if error.code not in UNKNOWN_METHOD:
                raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error
            self._has_members = False
            return []
        return self._upgrades(told)

    async def _asked(self, method: str) -> Any:
        try:
            return await self._node.call(method)
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error

    def _upgrades(self, told: object) -> list[Upgrade]:
        try:
            found = msgspec.convert(told, list[_Told])
        except msgspec.ValidationError as error:
            raise ChainUnavailable(f"{self._node.place} tells no upgrades: {error}") from error
        return [each.upgrade for each in found if each.upgrade.place in self._contracts]


class _Told(msgspec.Struct, frozen=True):
    change: int
    upgrade: Upgrade
