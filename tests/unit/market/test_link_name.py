"""Names of what stands or falls together: each activation its own, but where a block joins them."""

import msgspec
from tests.unit.market.linked_case import RULES, Case, Part

from platone.market.domain.clearing import clear
from platone.messages.clearing import Product
from platone.messages.order import OrderTerms

WHOLE = OrderTerms(block="b", least_share=1.0)
BOTH = {0: 10.0, 1: 10.0}


def names(case: Case, product: Product) -> dict[str, set[str | None]]:
    """The names of each point's trades; that everything was sold is looked at, too."""
    rules = msgspec.structs.replace(RULES, product=product)
    outcome = clear(msgspec.structs.replace(case.session(), rules=rules))
    assert all(line.accepted_p_change for pod in outcome.flexibility for line in pod.power)
    return {pod.pod: {line.linked for line in pod.power} for pod in outcome.flexibility}


def test_where_nothing_has_to_last_nothing_stands_together() -> None:
    case = Case(dict.fromkeys(range(2), 10.0), 0.5, [[Part("POD-A", BOTH, 0.1)]])
    assert names(case, Product(most_quarter_hours=5)) == {"POD-A": {None}}


def test_activations_of_several_offers_stand_apart() -> None:
    offers = [[Part("POD-A", BOTH, 0.1)], [Part("POD-B", {3: 10.0, 4: 10.0}, 0.1)]]
    case = Case({0: 10.0, 1: 10.0, 3: 10.0, 4: 10.0}, 0.5, offers)
    found = names(case, Product(least_quarter_hours=2))
    assert found == {"POD-A": {"activation-0"}, "POD-B": {"activation-3"}}


def test_a_block_joins_the_activations_that_it_touches_and_no_other() -> None:
    """A and B are one block; C, of another offer and at the same time, lasts for itself."""
    offers = [
        [Part("POD-A", BOTH, 0.1, WHOLE), Part("POD-B", BOTH, 0.1, WHOLE)],
        [Part("POD-C", BOTH, 0.1)],
    ]
    case = Case(dict.fromkeys(range(2), 30.0), 0.5, offers)
    found = names(case, Product(least_quarter_hours=2))
    assert found == {"POD-A": {"b"}, "POD-B": {"b"}, "POD-C": {"activation-0"}}


def test_a_block_that_no_activation_touches_keeps_its_name() -> None:
    """Nothing has to last here; the block of A and B is cut or kept as one all the same."""
    offers = [
        [Part("POD-A", BOTH, 0.1, WHOLE), Part("POD-B", BOTH, 0.1, WHOLE)],
        [Part("POD-C", BOTH, 0.1)],
    ]
    case = Case(dict.fromkeys(range(2), 30.0), 0.5, offers)
    assert names(case, Product()) == {"POD-A": {"b"}, "POD-B": {"b"}, "POD-C": {None}}
