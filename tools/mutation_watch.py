"""A pytest plugin that notes which lines of some files each test reaches, and how long it takes."""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

AT_IMPORT = ""
"""The name under which lines stand that run while the tests are being collected."""


class Watch:
    """A record of lines reached; given to pytest as a plugin.

    Args:
        paths: The files that are watched, absolute.
    """

    def __init__(self, paths: frozenset[str]) -> None:
        self.reached: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        """Lines by file and test."""
        self.duration_s: dict[str, float] = defaultdict(float)
        """Seconds by test, with its preparation."""
        self.failed: list[str] = []
        self._paths = paths
        self._test = AT_IMPORT
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG002
        if frame.f_code.co_filename not in self._paths:
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG002
        self.reached[frame.f_code.co_filename][self._test].add(frame.f_lineno)
        return self._line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note a test's lines under its name."""
        self._test = item.nodeid
        sys.settrace(self._enter)  # a test may have taken it away
        try:
            return (yield)
        finally:
            self._test = AT_IMPORT

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up how long a test takes."""
        self.duration_s[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)


class Choice:
    """The tests to run, in this order; given to pytest as a plugin."""

    def __init__(self, tests: list[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave only the chosen tests, in the order of the choice."""
        items[:] = [item for item in items if item.nodeid in self._order]
        items.sort(key=lambda item: self._order[item.nodeid])
