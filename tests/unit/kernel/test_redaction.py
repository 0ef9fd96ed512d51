"""What is about a point of delivery is taken out of documents, and nothing else."""

import copy
from typing import Any

import pytest

from platone.kernel.redaction import GONE, redact

A, B = "IT001E00000001", "IT001E00000002"


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ({"pod": A, "p": 3}, GONE),
        ({"podId": A}, GONE),
        ({"pod": {"podId": A}, "share": 0.8}, GONE),
        ({"pods": [A, B]}, {"pods": [B]}),
        ({"pods": [A]}, GONE),
        ({"pod": [A], "power": [{"index": 1}]}, GONE),
        ({"x": [{"pod": A}, {"pod": B}], "h": "1"}, {"x": [{"pod": B}], "h": "1"}),
        ({"x": [{"pod": [A, B], "p": 1}, {"pod": [A]}]}, {"x": [{"pod": [B], "p": 1}]}),
        ({"lines": [{"lineId": f"o.{A}.50.0"}, {"lineId": f"o.{B}.50.0"}]},
         {"lines": [{"lineId": f"o.{B}.50.0"}]}),
        ({"records": [{"content": f'{{"pod":"{A}"}}'}, {"content": "{}"}]},
         {"records": [{"content": "{}"}]}),
        ({"content": f'{{"payload":"{{\\"podId\\":\\"{A}\\"}}"}}', "salt": "0x"}, GONE),
        ({"payload": f"of {A}"}, GONE),
        ([[{"consumer": A}], [{"consumer": B}]], [[], [{"consumer": B}]]),
    ],
)  # fmt: skip
def test_what_names_it_goes(document: Any, left: Any) -> None:
    before = copy.deepcopy(document)
    assert redact(document, {A}) == left
    assert document == before  # it is not changed


@pytest.mark.parametrize(
    "document",
    [
        {"pod": B, "note": A},
        {"pods": [B, B + "0", 7]},
        {"marketType": A, "x": [{"status": A}]},
        {"lineId": f"o.{A}0.50.0", "pod": A + "0"},
        {A: 1},
        {"content": f'{{"pod":"{B}","note":"{A}"}}'},
        {"content": f'"{A}"'},
        [A, A],
        A,
        7,
    ],
)
def test_a_name_that_means_something_else_takes_nothing(document: Any) -> None:
    """A point of delivery may be called anything: its name elsewhere is another word."""
    assert redact(document, {A}) is document
