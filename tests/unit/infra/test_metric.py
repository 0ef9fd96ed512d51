"""Figures of several parts in one text, as the library's own parser reads it."""

from collections.abc import Sequence

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from platone.infra.metric.figure import Measured, count, exposition, gathered, gauge


class Part:
    """A part that tells some figures."""

    def __init__(self, *figures: Metric) -> None:
        self._figures = figures

    async def measure(self) -> Sequence[Metric]:
        return self._figures


class Broken:
    """A part whose records cannot be read."""

    async def measure(self) -> Sequence[Metric]:
        raise OSError("the disk is gone")


def read(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(told.labels.values()): told.value for told in family.samples}
        for family in text_string_to_metric_families(text.decode())
    }


async def test_parts_that_tell_the_same_figure_stand_under_one_name() -> None:
    parts = [
        (name, Part(gauge("outbox_waiting", "Messages.", {name: number}, "context")))
        for name, number in (("market", 3), ("dso", 4))
    ]
    text = exposition(await gathered(parts))
    assert text.count(b"# TYPE outbox_waiting gauge") == 1
    assert read(text)["outbox_waiting"] == {("market",): 3, ("dso",): 4}


async def test_a_part_that_fails_is_told_and_hides_no_other() -> None:
    parts: list[tuple[str, Measured]] = [
        ("broken", Broken()),
        ("fine", Part(count("things", "Things.", 7))),
    ]
    found = read(exposition(await gathered(parts)))
    assert found["things"] == {(): 7}
    assert found["platone_figures_missing"] == {("broken",): 1, ("fine",): 0}


@pytest.mark.parametrize("word", ['"', "\\", "a\nb", 'x"} 1\nfree 2', "", "ü"])
def test_no_word_breaks_out_of_its_label(word: str) -> None:
    text = exposition([gauge("things", "Things.", {word: 1.5}, "kind")])
    assert read(text) == {"things": {(word,): 1.5}}
