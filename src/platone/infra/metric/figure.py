"""Figures that parts of a server tell of themselves, and their text for Prometheus.

A part counts as it works (``Counter`` and ``Histogram`` of the library, without its registry of
the process), or looks when it is asked. Labels name kinds, states, routes, loops and parties'
systems: few, and never a point of delivery, a device or a person.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_log = logging.getLogger(__name__)
_LOOK_S = 5.0
"""Longest look of one part at its figures, s: Prometheus gives up after ten."""
_CREATED = "_created"
"""End of the names of samples that tell when a counter began: nobody here asks for them."""

Values = Mapping[str, float]
"""Values by the words of their one label."""


@runtime_checkable
class Measured(Protocol):
    """A part of a server that tells figures."""

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        ...


def gauge(name: str, text: str, values: Values | float, label: str = "") -> Metric:
    """Return a figure that rises and falls.

    Args:
        name: Its name, with its unit at the end.
        text: A sentence that tells what it is.
        values: Its value, or its values by the words of its label.
        label: The label's name; empty where it has none.
    """
    return _filled(GaugeMetricFamily(name, text, labels=[label] if label else []), values)


def count(name: str, text: str, values: Values | float, label: str = "") -> Metric:
    """Return a figure that only rises, from the server's start on; arguments as of a gauge."""
    return _filled(CounterMetricFamily(name, text, labels=[label] if label else []), values)


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, values: Values | float
) -> GaugeMetricFamily | CounterMetricFamily:
    if isinstance(values, Mapping):
        for word, value in values.items():
            family.add_metric([word], value)
    else:
        family.add_metric([], values)
    return family


async def gathered(parts: Iterable[tuple[str, Measured]]) -> list[Metric]:
    """Return the figures of some parts; one that fails is told, and hides no other.

    Args:
        parts: The parts by name.
    """
    figures: list[Metric] = []
    failed: dict[str, float] = {}
    for name, part in parts:
        failed[name] = 0.0
        try:
            async with asyncio.timeout(_LOOK_S):
                figures += await part.measure()
        except Exception as error:  # noqa: BLE001 - the other figures are needed the more
            _log.warning("figures of %s cannot be told: %r", name, error)
            failed[name] = 1.0
    text = "1 where a part of the server could not tell its figures just now."
    return [*figures, gauge("platone_figures_missing", text, failed, "part")]


class _Given(Collector):
    """Hands the library figures that were gathered before."""

    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield figures, each name once: several parts may tell samples of the same."""
        merged: dict[str, Metric] = {}
        for each in self._figures:
            one = merged.setdefault(each.name, Metric(each.name, each.documentation, each.type))
            one.samples += [told for told in each.samples if not told.name.endswith(_CREATED)]
        yield from merged.values()


def exposition(figures: Iterable[Metric]) -> bytes:
    """Return figures in Prometheus' text format."""
    return generate_latest(_Given(figures))
