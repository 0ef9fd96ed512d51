"""Reactive power by the power factor, in right triangles of whole sides."""

import pytest

from platone.kernel.power_factor import reactive_power, tan_phi


@pytest.mark.parametrize(("cos_phi", "tan"), [(1.0, 0.0), (0.8, 0.75), (0.6, 4 / 3), (5 / 13, 2.4)])
def test_active_and_reactive_power_are_the_sides_of_a_triangle(cos_phi: float, tan: float) -> None:
    assert tan_phi(cos_phi) == pytest.approx(tan, abs=1e-12)


@pytest.mark.parametrize(
    ("p_kw", "cos_phi", "q_kvar"),
    [(8.0, 0.8, 6.0), (-8.0, 0.8, -6.0), (10.0, 0.6, 13.333333), (0.0, 0.9, 0.0), (5.0, 1.0, 0.0)],
)
def test_reactive_power_is_told_to_a_thousandth_of_a_var(
    p_kw: float, cos_phi: float, q_kvar: float
) -> None:
    assert reactive_power(p_kw, cos_phi) == q_kvar
