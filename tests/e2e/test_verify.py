"""`platone verify`, as whoever holds a proof file runs it: offline, and against a chain."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

RECORD = {
    "id": "verify-1",
    "kind": "marketOutcome",
    "content": "as it was",
    "salt": "0x" + "07" * 32,
}


def verify(file: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "platone", "verify", str(file), *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command, check=False, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def proof_file(outside: Any, folder: Path) -> Path:
    outside.call("MO", "POST", "/api/certification", {"records": [RECORD]})
    file = folder / "proof.json"
    file.write_bytes(outside.call("MO", "GET", "/api/certification/proof/verify-1").content)
    return file


def test_a_proof_holds_offline_and_against_its_chain(outside: Any, tmp_path: Path) -> None:
    file = proof_file(outside, tmp_path)
    sealer = json.loads(file.read_text())["claims"]["sealer"]

    code, said = verify(file, "--sealer", sealer)
    assert (code, "PROVEN: this marketOutcome" in said) == (0, True), said
    assert f"signed the block as sealer: {sealer}" in said

    authority = str(outside.data / "ca.pem")
    code, said = verify(file, "--rpc", f"{outside.base_url}/rpc", "--ca", authority)
    assert (code, "PROVEN" in said) == (0, True), said


def test_a_changed_byte_another_sealer_or_a_silent_chain_fail_with_a_reason(
    outside: Any, tmp_path: Path
) -> None:
    file = proof_file(outside, tmp_path)
    other = tmp_path / "other.json"
    other.write_bytes(file.read_bytes().replace(b"as it was", b"as it is!"))

    code, said = verify(other)
    assert (code, "NOT PROVEN" in said, "FAIL" in said) == (1, True, True), said
    code, said = verify(file, "--sealer", "0x" + "11" * 20)
    assert (code, "but you expect" in said) == (1, True), said
    code, said = verify(file, "--rpc", "https://127.0.0.1:9/rpc")
    assert (code, "cannot be asked" in said) == (1, True), said
    code, said = verify(tmp_path / "absent.json")
    assert (code, "absent.json" in said, "Traceback" in said) == (1, True, False), said
