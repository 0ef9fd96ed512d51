"""Numbers that people type into forms."""

import pytest

from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import number_in


@pytest.mark.parametrize(
    ("typed", "number"),
    [(" 2,5 ", 2.5), ("-3.25", -3.25), ("1e9", 1e9), ("-1e9", -1e9), ("0", 0.0)],
)
def test_a_number_may_have_a_comma_and_either_sign(typed: str, number: float) -> None:
    assert number_in({"power": typed}, "power", "The power") == number


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1.1e9", "too large"),
        ("-1.1e9", "too large"),
        ("inf", "no number"),
        ("nan", "no number"),
        ("", "no number"),
        ("1,000.5", "no number"),
    ],
)
def test_what_cannot_be_meant_is_named(typed: str, says: str) -> None:
    with pytest.raises(FieldWrong, match=f"The power is {says}") as refused:
        number_in({"power": typed}, "power", "The power")
    assert refused.value.fields == {"field": "power"}
