"""What all tests share: the recursion limit of the product, and random tests without a clock."""

import sys

_recursion_limit = sys.getrecursionlimit()
import eth_account  # noqa: E402, F401 - for its side effect, which the next line takes back

# A library of it raises the limit to 100,000: deeply nested JSON would stop the tests' process.
sys.setrecursionlimit(_recursion_limit)

from hypothesis import HealthCheck, settings  # noqa: E402 - after the limit is as it was

# No test asserts a time: a busy machine takes longer for the same examples.
settings.register_profile(
    "untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")
