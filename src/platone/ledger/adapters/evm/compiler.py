"""Vyper contracts, compiled at first use and kept by the hash of their sources."""

import os
import tempfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

CONTRACTS = Path(__file__).parents[2] / "contracts"
NAMES = ("Certification", "NodeRegister", "SettlementAgreement")
"""The contracts, in the order in which they are created; the last one is the token, too."""
EVM_VERSION = "cancun"


class Artifact(msgspec.Struct, frozen=True):
    """A compiled contract.

    Attributes:
        abi: Its interface, as JSON tools take it.
        bytecode: The code that creates it, hexadecimal with 0x in front.
    """

    abi: list[dict[str, Any]]
    bytecode: str

    @property
    def creation_code(self) -> bytes:
        """The code that creates the contract, before its arguments."""
        return bytes.fromhex(self.bytecode.removeprefix("0x"))


def source_hash() -> str:
    """Return the SHA-256 over all sources, the compiler's version and the EVM rules."""
    digest = sha256(f"vyper {version('vyper')} {EVM_VERSION}".encode())
    for source in sorted(CONTRACTS.glob("*.vy")):
        content = source.read_bytes()
        digest.update(f"\n{source.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def compiled(cache: Path) -> dict[str, Artifact]:
    """Return the contracts by name, compiled or from the cache folder of these sources."""
    cached = cache / f"contracts-{source_hash()}.json"
    if cached.exists():
        return msgspec.json.decode(cached.read_bytes(), type=dict[str, Artifact])
    artifacts = {name: _compile(name) for name in NAMES}
    cache.mkdir(parents=True, exist_ok=True)
    _write_atomically(cached, msgspec.json.encode(artifacts))
    return artifacts


def runtime_code(name: str) -> bytes:
    """Return a contract's code as it stands on the chain once it is created."""
    return bytes.fromhex(_output(name, "bytecode_runtime")["bytecode_runtime"].removeprefix("0x"))


def _compile(name: str) -> Artifact:
    output = _output(name, "abi", "bytecode")
    return Artifact(output["abi"], output["bytecode"])


def _output(name: str, *formats: str) -> dict[str, Any]:
    # The compiler takes half a second to import: only a first start pays for it.
    from vyper.compiler import compile_from_file_input  # noqa: PLC0415
    from vyper.compiler.input_bundle import FilesystemInputBundle  # noqa: PLC0415
    from vyper.compiler.settings import Settings  # noqa: PLC0415

    bundle = FilesystemInputBundle([CONTRACTS])
    output: dict[str, Any] = compile_from_file_input(
        bundle.load_file(f"{name}.vy"),
        input_bundle=bundle,
        settings=Settings(evm_version=EVM_VERSION),
        output_formats=formats,
    )
    return output


def _write_atomically(path: Path, content: bytes) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
