"""The reason of a contract that refused: the text that it reverted with."""

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

_ERROR_STRING = bytes.fromhex("08c379a0")
"""The selector of Error(string), Solidity's and Vyper's reason of a revert."""


def revert_reason(output: bytes) -> str:
    """Return the text of ``Error(string)``; empty where the output is something else."""
    if output[:4] != _ERROR_STRING:
        return ""
    try:
        return str(decode(["string"], output[4:])[0])
    except (DecodingError, UnicodeDecodeError):
        return ""
