"""Symmetrical components, against their definition and a textbook's numbers."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.grid.phasor.component import PHASES
from platone.grid.phasor.sequence import positive_sequence, symmetrical_components
from platone.messages.phasor import Phase

values = st.complex_numbers(max_magnitude=1e6, allow_nan=False, allow_infinity=False)
triples = st.tuples(values, values, values)


def polar(magnitude: float, degrees: float) -> complex:
    return cmath.rect(magnitude, math.radians(degrees))


def test_a_textbook_example() -> None:
    """Grainger and Stevenson, Power System Analysis, example 11.1: one open line, 10 A."""
    found = symmetrical_components([polar(10, 0), polar(10, 180), 0])
    expected = [0, polar(5.773503, -30), polar(5.773503, 30)]
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_balanced_system_is_its_positive_sequence() -> None:
    phases = [polar(230, angle) for angle in (17, -103, 137)]
    assert symmetrical_components(phases) == pytest.approx([0, polar(230, 17), 0], abs=1e-9)
    assert symmetrical_components(phases[::-1])[1] == pytest.approx(0, abs=1e-9)


@given(triples)
def test_the_phases_are_the_sum_of_their_components(phases: tuple[complex, ...]) -> None:
    zero, positive, negative = symmetrical_components(phases)
    for index, phase in enumerate(phases):
        turn = polar(1, 120 * index)
        again = zero + positive / turn + negative * turn
        assert again == pytest.approx(phase, abs=1e-9 * (1 + max(map(abs, phases))))


@given(st.lists(triples, min_size=1, max_size=5), st.lists(triples, min_size=5, max_size=5))
def test_power_is_kept(
    voltages: list[tuple[complex, ...]], currents: list[tuple[complex, ...]]
) -> None:
    """Total power of the phases is three times that of the components (Fortescue)."""
    v, i = np.array(voltages), np.array(currents[: len(voltages)])
    total = (v * i.conj()).sum(axis=1)
    sequences = 3 * (symmetrical_components(v) * symmetrical_components(i).conj()).sum(axis=1)
    assert sequences == pytest.approx(total, rel=1e-9, abs=1e-3 + 1e-9 * np.abs(v * i).sum())


@given(triples)
def test_of_a_component_it_is_the_same(phases: tuple[complex, ...]) -> None:
    by_phase = dict(zip(PHASES, phases, strict=True))
    expected = symmetrical_components(phases)[1]
    for assumes_balance in (False, True):
        found = positive_sequence(by_phase, assumes_balance=assumes_balance)
        assert found == pytest.approx(expected, abs=1e-9 * (1 + max(map(abs, phases))))


def test_a_phase_that_is_not_known_is_not_made_up() -> None:
    known = {Phase.B: polar(230, -120), Phase.C: polar(230, 120)}
    assert positive_sequence(known) is None
    assert positive_sequence(known, assumes_balance=True) == pytest.approx(230)
    assert positive_sequence({}, assumes_balance=True) is None
