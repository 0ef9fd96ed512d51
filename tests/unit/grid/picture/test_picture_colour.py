"""The scales' colours, as people with other colour vision see them."""

import itertools

import numpy as np
import pytest

from platone.grid.picture.scale import LEVELS, LOADING, UNKNOWN, Scale, voltage_scale

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for simulation
# of color vision deficiency", IEEE TVCG 15, 2009: severity 1.0, for linear RGB
SIGHT = {
    "ordinary": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b*, D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(first: str, second: str, sight: str) -> float:
    both = [lab(SIGHT[sight] @ linear(colour)) for colour in (first, second)]
    return float(np.linalg.norm(both[0] - both[1]))


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_of_loading_are_told_apart(sight: str) -> None:
    colours = [LOADING.colour(value) for value in (5.0, 45.0, 75.0, 105.0, 150.0)]
    for first, second in itertools.combinations(colours, 2):
        assert apart(first, second, sight) > 18


@pytest.mark.parametrize("sight", SIGHT)
def test_too_low_and_too_high_voltages_are_told_apart(sight: str) -> None:
    scale = voltage_scale(10.0)
    low, middle, high = (scale.colour(value) for value in (-10.0, 0.0, 10.0))
    for first, second in itertools.combinations((low, middle, high), 2):
        assert apart(first, second, sight) > 18


@pytest.mark.parametrize("sight", SIGHT)
def test_voltage_levels_are_told_apart(sight: str) -> None:
    for first, second in itertools.combinations(LEVELS[:4], 2):
        assert apart(first, second, sight) > 10


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("ground", ["#ffffff", "#12171d"])
@pytest.mark.parametrize("percent", [45.0, 100.0, 115.0])
def test_loading_is_seen_on_both_grounds(ground: str, percent: float) -> None:
    pair = sorted((luminance(ground), luminance(LOADING.colour(percent))))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) > 2.5


def test_between_anchors_colours_are_between() -> None:
    scale = Scale("", ((0.0, "#000000"), (10.0, "#ff8040")))
    assert scale.colour(5.0) == "#804020"
    assert scale.colour(-3.0) == "#000000"
    assert scale.colour(99.0) == "#ff8040"
    assert scale.colour(float("nan")) == UNKNOWN
    assert LOADING.colour(99.9) != LOADING.colour(100.0)
