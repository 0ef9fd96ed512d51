"""A later release of the contracts, for the tests: one contract has another rule."""

import shutil
from pathlib import Path

from platone.ledger.adapters.evm import compiler, contract_version
from platone.ledger.domain.upgrade import code_hash

_RULE = '    assert count != 0, "Certification: empty tree"\n'
_NEW_RULE = '    assert kind != empty(bytes32), "Certification: no kind"\n'
_ANSWER = '''

@external
@view
def release() -> uint256:
    """
    @notice The number of the release.
    """
    return 2
'''


class NewerContracts:
    """Sources in which Certification also refuses a tree of no kind, and tells its release.

    Args:
        folder: Where they are put.

    Attributes:
        sources: The sources.
        versions: The list of the versions that this release knows.
        code: The new code as it stands on the chain.
    """

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "contracts"
        folder.mkdir(exist_ok=True)
        shutil.copytree(compiler.CONTRACTS, self.sources)
        self.versions = self.sources / contract_version.VERSIONS.name
        file = self.sources / "Certification.vy"
        source = file.read_text("utf-8")
        assert _RULE in source
        file.write_text(source.replace(_RULE, _RULE + _NEW_RULE) + _ANSWER, "utf-8")
        older = compiler.CONTRACTS, contract_version.VERSIONS
        try:
            self.install()
            self.code = compiler.runtime_code("Certification")
        finally:
            compiler.CONTRACTS, contract_version.VERSIONS = older
        row = f'\n[[version]]\ncontract = "Certification"\nnumber = 2\ncode = "{self.hash}"\n'
        self.versions.write_text(self.versions.read_text("utf-8") + row, "utf-8")

    @property
    def hash(self) -> str:
        return code_hash(self.code)

    def install(self) -> None:
        """Make this process one of that release."""
        compiler.CONTRACTS, contract_version.VERSIONS = self.sources, self.versions
