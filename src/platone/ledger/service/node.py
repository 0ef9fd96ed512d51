"""The register of Light Nodes on the chain: admit a device's key, withdraw it, look it up."""

from platone.kernel.signature import checksum_address
from platone.ledger.domain.problem import ContractRefused, NodeRevoked, NodeUnknown
from platone.ledger.domain.proof import tohex
from platone.ledger.service.ports import Contracts, Keys
from platone.messages.ledger import RegisteredNode


class RegisterNodes:
    """Registration of Light Nodes in the administrator's name.

    Args:
        contracts: The chain's contracts.
        keys: The administrator's account.
    """

    def __init__(self, contracts: Contracts, keys: Keys) -> None:
        self._contracts = contracts
        self._keys = keys

    async def register(self, device: str) -> tuple[RegisteredNode, bool]:
        """Admit a device's key; return the entry, and whether it is new.

        Raises:
            NodeRevoked: It was revoked.
        """
        known = await self.find(device)
        if known.status == "revoked":
            raise NodeRevoked(f"The key of {device} was revoked.", device=device)
        if known.status == "registered":
            return known, False
        try:
            await self._contracts.register_node(self._keys.administrator, device)
        except ContractRefused:  # somebody else was quicker with the same
            known = await self.find(device)
            if known.status != "registered":
                raise
            return known, False
        return await self.find(device), True

    async def revoke(self, device: str) -> RegisteredNode:
        """Withdraw a device's key for good.

        Raises:
            NodeUnknown: It was never registered.
        """
        known = await self.find(device)
        if known.status == "unknown":
            raise NodeUnknown(f"{device} was never registered.", device=device)
        if known.status == "revoked":
            return known
        try:
            await self._contracts.revoke_node(self._keys.administrator, device)
        except ContractRefused:  # somebody else was quicker with the same
            known = await self.find(device)
            if known.status != "revoked":
                raise
        return await self.find(device)

    async def find(self, device: str) -> RegisteredNode:
        """Return a device as the chain has it: registered, revoked or unknown."""
        device = checksum_address(bytes.fromhex(device[2:]))
        entry = await self._contracts.node(device)
        status = "unknown"
        if entry is not None:
            status = "registered" if entry.revoked_at is None else "revoked"
        return RegisteredNode(
            device=device,
            status=status,
            registered_at=None if entry is None else entry.registered_at,
            transaction_hash=None if entry is None else tohex(entry.transaction),
        )
