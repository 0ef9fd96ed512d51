"""The versions of the ledger's contracts that this software knows, by the hashes of their code."""

import tomllib
from collections.abc import Mapping

import msgspec

from platone.ledger.adapters.evm.compiler import CONTRACTS
from platone.ledger.domain.upgrade import CodeHash, ContractName

VERSIONS = CONTRACTS / "version.toml"
"""Every version that was released, and that this software can use."""


class ContractVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a contract.

    Attributes:
        contract: The contract's name.
        number: Its version, counted from 1.
        code: The hash of its code on the chain.
    """

    contract: ContractName
    number: int
    code: CodeHash

    def __str__(self) -> str:
        """Return the version in words."""
        return f"version {self.number} of {self.contract}"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: list[ContractVersion]


def known_versions() -> Mapping[str, ContractVersion]:
    """Return the known versions by the hashes of their code, 0x in front."""
    told = msgspec.convert(tomllib.loads(VERSIONS.read_text("utf-8")), _File)
    return {each.code: each for each in told.version}
