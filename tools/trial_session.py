"""Clear many random sessions beside a naive walk: `python tools/trial_session.py`.

The tests compare some hundred sessions in each run; here the same comparison is made for many more.
"""

import argparse
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.unit.market.test_clearing_property import (
    sessions,
    test_clearing_equals_the_naive_walk,
)


def main() -> None:
    """Run the trial; a difference is raised with the smallest session that shows it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=18_000)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    compare = test_clearing_equals_the_naive_walk.hypothesis.inner_test  # type: ignore[attr-defined]
    many = settings(
        max_examples=arguments.sessions,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    many(seed(arguments.seed)(given(sessions())(compare)))()
    print(f"{arguments.sessions} sessions, none cleared otherwise than by the naive walk")


if __name__ == "__main__":
    main()
