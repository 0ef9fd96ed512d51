"""Networks made by hand are checked before they are calculated, once each."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, get_args, get_type_hints
from weakref import WeakSet

import numpy as np

from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid
from platone.grid.study.argument import require_network

_KINDS: dict[type, type] = {float: Real, int: Integral, str: str, bool: np.bool_}
"""Types that may stand in a field of each kind: also the numbers of NumPy."""
_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "True or False"}

_known: WeakSet[Network] = WeakSet()
"""Networks that were checked; they never change."""


def known_valid(network: Network) -> Network:
    """Return a network that its reader has checked, and remember that it is."""
    _known.add(network)
    return network


def require_valid(network: Network) -> None:
    """Check a network, unless it was checked before.

    Raises:
        ArgumentInvalid: It is no network.
        NetworkInvalid: It cannot be calculated; ``faults`` names every element and the reason.
    """
    require_network(network)
    if network in _known:
        return
    faults = list(faults_of_kind((*network.elements(), *network.connection_points)))
    if faults:
        raise NetworkInvalid(faults)
    check(network)
    _known.add(network)


def faults_of_kind(elements: Iterable[Any], identifier: str = "id") -> Iterator[Fault]:
    """Yield a fault for each value that is of another kind than its field.

    Args:
        elements: Data classes.
        identifier: The field that names them.
    """
    by_kind: dict[type, list[Any]] = {}
    for element in elements:
        by_kind.setdefault(type(element), []).append(element)
    for kind, alike in by_kind.items():
        hints = get_type_hints(kind)
        for field in fields(kind):
            wanted = {hints[field.name], *get_args(hints[field.name])}
            plain = next((each for each in _KINDS if each in wanted), None)
            if plain is not None:
                is_optional = type(None) in wanted
                for element, reason in _of_field(alike, field.name, plain, is_optional=is_optional):
                    yield Fault(str(getattr(element, identifier)), FaultKind.MALFORMED, reason)


def _of_field(
    elements: list[Any], name: str, wanted: type, *, is_optional: bool
) -> Iterator[tuple[Any, str]]:
    for element in elements:
        value = getattr(element, name)
        if type(value) is wanted or (is_optional and value is None):
            continue
        if isinstance(value, bool) or not isinstance(value, _KINDS[wanted]):
            reason = f"{name} is {value!r}, where {_WORDS[wanted]} must stand"
            yield element, reason
