"""What all tests share: the recursion limit under which the product runs."""

import sys

_recursion_limit = sys.getrecursionlimit()
import eth_account  # noqa: E402, F401 - for its side effect, which the next line takes back

# A library of it raises the limit to 100,000: deeply nested JSON would stop the tests' process.
sys.setrecursionlimit(_recursion_limit)
