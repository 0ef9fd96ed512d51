"""The ground of the ledger: an EVM chain, key files, JSON-RPC."""

import sys

_recursion_limit = sys.getrecursionlimit()
import eth  # noqa: E402, F401 - for its side effect, which the next line takes back

# py-evm raises the limit of the whole process to 100,000, for 1,024 nested calls of contracts.
# With it, deeply nested JSON overflows the C stack of whatever decodes it: anyone could stop the
# server with one request. Our contracts nest a few calls, which the interpreter's own limit allows.
sys.setrecursionlimit(_recursion_limit)
