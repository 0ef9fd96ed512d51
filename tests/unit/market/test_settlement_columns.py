"""Settlement in columns against the rule, line by line."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from platone.kernel.settlement_rule import settle_line
from platone.market.domain.settlement import energy_of_quarter_hour
from platone.market.domain.settlement_columns import Terms, energies_of, settle_columns

SHAPE = (2, 3)
_near = st.integers(-(10**4), 10**4)
_far = st.integers(-(10**13), 10**13)


def columns(values: st.SearchStrategy[int]) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(np.int64, SHAPE, elements=values)


def row(least: int, most: int) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(np.int64, SHAPE[:1], elements=st.integers(least, most))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from((_near, _far)).flatmap(
        lambda values: st.tuples(columns(values), columns(values), columns(values))
    ),
    columns(st.integers(0, 10**9)),
    row(0, 10**9),
    st.one_of(st.just(np.zeros(2, np.int64)), row(0, 10**6)),
    st.one_of(st.just(np.zeros(2, np.int64)), row(0, 10**6)),
)
def test_every_number_is_the_rules(
    energies: tuple[np.ndarray, np.ndarray, np.ndarray],
    price: np.ndarray,
    penalty: np.ndarray,
    least: np.ndarray,
    full: np.ndarray,
) -> None:
    baseline, ordered, measured = energies
    terms = Terms(penalty_price=penalty, least_delivery_ppm=least, full_delivery_ppm=full)
    found = settle_columns(
        baseline=baseline, ordered=ordered, measured=measured, price=price, terms=terms
    )
    for pod in range(SHAPE[0]):
        paid = owed = 0
        for index in range(SHAPE[1]):
            line = settle_line(
                reference=int(baseline[pod, index]),
                ordered=int(ordered[pod, index]),
                measured=int(measured[pod, index]),
                price=int(price[pod, index]),
                penalty_price=int(penalty[pod]),
                least_delivery_ppm=int(least[pod]),
                full_delivery_ppm=int(full[pod]),
            )
            assert found.delivered[pod, index] == line.delivered
            assert found.deficiency[pod, index] == line.deficiency
            assert found.net[pod, index] == line.net
            paid += max(line.net, 0)
            owed += max(-line.net, 0)
        assert (found.paid[pod], found.owed[pod]) == (paid, owed)


@given(st.integers(-(10**12), 10**12))
def test_a_power_to_the_watt_is_the_same_energy(watts: int) -> None:
    kw = watts / 1000
    assert energies_of(np.array([kw]))[0] == energy_of_quarter_hour(kw)


def test_rows_of_several_blocks_keep_their_place() -> None:
    random = np.random.default_rng(1)
    baseline, ordered, measured, price = random.integers(-(10**6), 10**6, (4, 600, 2))
    price = np.abs(price)
    terms = Terms(
        penalty_price=np.arange(600),
        least_delivery_ppm=np.full(600, 500_000),
        full_delivery_ppm=np.zeros(600, np.int64),
    )
    found = settle_columns(
        baseline=baseline, ordered=ordered, measured=measured, price=price, terms=terms
    )
    assert len(found.paid) == len(found.owed) == len(found.net) == 600
    for pod in range(600):
        nets = [
            settle_line(
                reference=int(baseline[pod, index]),
                ordered=int(ordered[pod, index]),
                measured=int(measured[pod, index]),
                price=int(price[pod, index]),
                penalty_price=pod,
                least_delivery_ppm=500_000,
            ).net
            for index in range(2)
        ]
        assert found.net[pod].tolist() == nets
        assert found.paid[pod] - found.owed[pod] == sum(nets)
