"""Answers about the ledger's chain: how it stands, and the findings of an audit."""

import msgspec

from platone.messages.base import Address, Hex, Instant, Message


class ChainIdentity(Message):
    """The values by which a reader of a proof tells this market's chain from any other.

    Attributes:
        chain_id: The chain's number (EIP-155).
        genesis: The hash of its first block.
        sealer: The address whose key seals its blocks; of several validators, their consortium's
            founding address; none on a network whose blocks bear no seal.
        members: The names of those validators; none where one key seals.
        contracts: The contracts' addresses by their names.
    """

    chain_id: int
    genesis: Hex
    sealer: Address | None = None
    members: list[str] = msgspec.field(default_factory=list)
    contracts: dict[str, Address]


class ChainStatus(Message):
    """The state of the chain on which the ledger's contracts live.

    Attributes:
        place: "embedded", or the address of the network's node.
        identity: What tells it from any other, as readers of proofs need it.
        height: The number of its newest block.
        newest_block_at: When that was made.
        confirmations: From how many blocks on, its own included, a transaction counts.
        pending: Roots that wait to be certified for good.
        waiting: Transactions that were signed, and are not confirmed yet.
        accounts: Accounts that have sent transactions.
    """

    place: str
    identity: ChainIdentity
    height: int
    newest_block_at: Instant
    confirmations: int
    pending: int
    waiting: int
    accounts: list["ChainAccount"] = msgspec.field(default_factory=list)


class ChainAccount(Message):
    """An account that sends the ledger's transactions on a network.

    Attributes:
        address: Its address.
        next_nonce: The number that its next transaction gets.
        balance_wei: What it has for fees.
    """

    address: str
    next_nonce: int
    balance_wei: str


class ChainAudit(Message):
    """The result of checking a chain from its beginning.

    Attributes:
        place: "embedded", or the address of the network's node.
        blocks: Blocks that were executed again; none of a network, whose nodes do that.
        certifications: Certifications that were looked up on the chain.
        faults: What does not fit, in words.
    """

    place: str
    blocks: int
    certifications: int
    faults: list[str]

    @property
    def is_sound(self) -> bool:
        """Return that nothing was found."""
        return not self.faults
