"""Calls that change nothing: eth_call and eth_estimateGas."""

from dataclasses import dataclass

from platone.ledger.adapters.evm.executor import Called, Execution
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.rpc_mapping import octets, read_octets, read_quantity
from platone.ledger.domain.problem import RpcError, TransactionRefused
from platone.ledger.service.json_rpc import INVALID_PARAMS, NO_FUNDS, REVERTED

CALL_GAS = 15_000_000
"""Gas of a call that changes nothing, where anyone may call: it is kept small."""
_NOBODY = bytes(20)
"""The sender of calls that name none."""
_PRECOMPILED = 256
"""Addresses below this number are those of precompiled contracts."""
_STIPEND = 2300
"""Gas that a call with value is given on top (Yellow Paper, appendix G)."""
_ESTIMATE_PART = 64
"""An estimate may lie above the least gas by one part in this many."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The bounds of calls at one door, by who may call there.

    Attributes:
        gas: Gas of a call at most.
        creations: Whether the creation of a contract may be tried: it is code of the caller's own.
    """

    gas: int = CALL_GAS
    creations: bool = False


class DryRun:
    """A call as a request describes it.

    Args:
        request: The call object of the request.
        allowed: What may be called.

    Raises:
        RpcError: It is not well-formed, or not allowed here.
    """

    def __init__(self, request: object, allowed: Allowance) -> None:
        if not isinstance(request, dict):
            raise RpcError(INVALID_PARAMS, "a call is an object")
        is_creation = allowed.creations and request.get("to") is None
        self._to = b"" if is_creation else _target(request.get("to"))
        if request.get("value") is not None and read_quantity(request["value"]):
            raise RpcError(NO_FUNDS, "insufficient funds: there is no ether on this chain")
        data, sender = request.get("input", request.get("data")), request.get("from")
        self._data = b"" if data is None else read_octets(data)
        self._sender = _NOBODY if sender is None else read_octets(sender, 20)
        gas = request.get("gas")
        self._gas = allowed.gas if gas is None else min(read_quantity(gas), allowed.gas)

    def run(self, execution: Execution) -> bytes:
        """Return the answer of the call.

        Raises:
            RpcError: It fails.
        """
        return self._succeed(execution).output

    def estimate(self, execution: Execution) -> int:
        """Return gas that the call succeeds with, at most 1/64 above the least, by bisection.

        Raises:
            RpcError: It fails.
        """
        used = self._succeed(execution).gas_used
        short, enough = used - 1, self._gas
        guess = min(enough, (used + _STIPEND) * 64 // 63)
        while enough - short > 1 + enough // _ESTIMATE_PART:
            if self._call(execution, guess).succeeded:
                enough = guess
            else:
                short = guess
            guess = (short + enough) // 2
        return enough

    def _call(self, execution: Execution, gas: int) -> Called:
        try:
            return execution.call(self._sender, self._to, self._data, gas)
        except TransactionRefused as error:
            raise RpcError(INVALID_PARAMS, error.detail) from error

    def _succeed(self, execution: Execution) -> Called:
        called = self._call(execution, self._gas)
        if called.succeeded:
            return called
        reason = revert_reason(called.output)
        message = f"execution reverted: {reason}" if reason else "execution reverted"
        if not called.output:
            message = called.error or message
        raise RpcError(REVERTED, message, octets(called.output))


def _target(value: object) -> bytes:
    """Return the account that is called; nobody's own code, no pairings in pure Python.

    Both could occupy the server for minutes.
    """
    if value is None or int.from_bytes(read_octets(value, 20)) < _PRECOMPILED:
        raise RpcError(INVALID_PARAMS, "a call goes to an account or contract: set 'to'")
    return read_octets(value, 20)
