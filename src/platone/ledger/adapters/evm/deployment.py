"""The ledger's contracts: created in the chain's first block of transactions, all or none."""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey, checksum_address
from platone.ledger.adapters.evm.chain import Chain, Intent, account
from platone.ledger.adapters.evm.compiler import NAMES, Artifact
from platone.ledger.domain.problem import ContractsMissing
from platone.ledger.domain.transaction import created_address

AUTHORISE = keccak(b"authorise(address)")[:4]
"""The selector by which an owner lets an account use a contract."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The addresses of the contracts, 20 bytes each."""

    certification: bytes
    node_register: bytes
    agreement: bytes

    @classmethod
    def by(cls, operator: SigningKey) -> "Deployment":
        """Return where an operator's first three transactions create them."""
        sender = account(operator.address)
        return cls(*(created_address(sender, nonce) for nonce in range(len(NAMES))))

    def all(self) -> tuple[bytes, bytes, bytes]:
        """Return the addresses in the order in which the contracts are created."""
        return self.certification, self.node_register, self.agreement

    def named(self) -> dict[str, str]:
        """Return the contracts' addresses by their names."""
        return dict(zip(NAMES, map(checksum_address, self.all()), strict=True))


def authorities(
    made: Deployment, operator: SigningKey, administrator: SigningKey
) -> list[tuple[bytes, str]]:
    """Return which account may use which contract."""
    return [
        (made.certification, operator.address),
        (made.certification, administrator.address),
        (made.node_register, administrator.address),
        (made.agreement, operator.address),
    ]


def deploy(
    chain: Chain,
    artifacts: Mapping[str, Artifact],
    operator: SigningKey,
    administrator: SigningKey,
) -> Deployment:
    """Create the contracts, and give each account its authority, in one block.

    Raises:
        ContractsMissing: It did not work.
    """
    made = Deployment.by(operator)
    creations = [artifacts[name].creation_code for name in NAMES]
    intents = [Intent(operator, b"", creation) for creation in creations] + [
        Intent(operator, contract, AUTHORISE + encode(["address"], [who]))
        for contract, who in authorities(made, operator, administrator)
    ]
    outcomes = chain.append(intents)
    created = [outcome.contract for outcome in outcomes[: len(creations)]]
    if created != list(made.all()) or not all(outcome.succeeded for outcome in outcomes):
        raise ContractsMissing("The contracts could not be created on a chain that has others.")
    return made
