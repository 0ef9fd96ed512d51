"""How long activations last, as rows of the program of the quarter-hours that they join.

::

    choice     whether anything of the activation is taken in a quarter-hour
    row        volume of an offer within its choice; the choice within the volumes
               least: one that begins in a quarter-hour goes on for as many as it lasts
               most: of one quarter-hour more than that, one is without it
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from platone.market.domain.activation import connected
from platone.market.domain.decision import LEAST_TRADE_KW
from platone.market.domain.mixed_program import MixedProgram
from platone.market.domain.offer_book import OfferBook
from platone.messages.clearing import Product

_WATTS = 1e3
"""Watts in a kilowatt."""
_INFINITE = float("inf")

Column = tuple[int, float]
"""The variable of a row of the book, and kW for one of it."""


@dataclass(frozen=True, slots=True)
class Activation:
    """The connected quarter-hours in which a PoD is offered to one side.

    Attributes:
        rows: The rows of the book in each of its quarter-hours.
        least: Least quarter-hours in a row that anything of it is taken in.
        most: Most of them; none for any.
        least_kw: Least volume that is taken in a quarter-hour in which any is, kW.
    """

    rows: Mapping[int, Sequence[int]]
    least: int
    most: int | None
    least_kw: float

    def taken(self, sold: Collection[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield each run of quarter-hours of which rows are sold: its first one, and those rows."""
        indices = [index for index, rows in self.rows.items() if any(row in sold for row in rows)]
        for run in connected(indices):
            yield run.start, [row for index in run for row in self.rows[index] if row in sold]


def find_activations(book: OfferBook, product: Product) -> list[Activation]:
    """Return the activations of a book whose durations are bounded.

    How short one may be is counted within an offer, whose trades then stand or fall together; how
    long it may be over all offers of the PoD.

    Args:
        book: The offers.
        product: What is traded.
    """
    if not product.bounds_duration:
        return []
    least, most = product.least_quarter_hours or 1, product.most_quarter_hours
    least_kw = max(LEAST_TRADE_KW, product.least_volume_w / _WATTS)
    of_offers: dict[tuple[int, ...], dict[int, list[int]]] = {}
    of_pods: dict[tuple[int, ...], dict[int, list[int]]] = {}
    columns = book.service, book.pod, book.change_kw > 0, book.index
    for row, (service, pod, side, index) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        of_offers.setdefault((service, pod, side), {}).setdefault(index, []).append(row)
        of_pods.setdefault((pod, side), {}).setdefault(index, []).append(row)
    found = []
    if least > 1:
        runs = [run for rows in of_offers.values() for run in _runs(rows)]
        found += [Activation(run, least, None, least_kw) for run in runs]
    if most is not None:
        runs = [run for rows in of_pods.values() for run in _runs(rows)]
        found += [Activation(run, 1, most, least_kw) for run in runs if len(run) > most]
    return found


def _runs(rows: Mapping[int, Sequence[int]]) -> list[dict[int, Sequence[int]]]:
    """Return the rows of each run of quarter-hours."""
    return [{index: rows[index] for index in run} for run in connected(rows)]


def bound_durations(
    program: MixedProgram,
    activations: Sequence[Activation],
    columns: Mapping[int, Column],
    book: OfferBook,
) -> None:
    """Add the choices and rows of activations to a program.

    Args:
        program: The program.
        activations: Those of its quarter-hours.
        columns: The variable of each row of the book.
        book: The offers.
    """
    offered_kw = np.abs(book.change_kw)
    for each in activations:
        on: dict[int, int] = {}
        for index, rows in each.rows.items():
            on[index] = program.choice()
            most_kw = [float(offered_kw[row]) for row in rows]
            for row, kw in zip(rows, most_kw, strict=True):
                program.row([columns[row], (on[index], -kw)], -_INFINITE, 0.0)
            if each.least > 1:
                volume = _summed([columns[row] for row in rows])
                floor_kw = min(each.least_kw, max(most_kw))
                program.row([*volume, (on[index], -floor_kw)], 0.0, _INFINITE)
        _last(program, each, on)


def _last(program: MixedProgram, activation: Activation, on: Mapping[int, int]) -> None:
    """Add how long an activation lasts, at the least and at most."""
    for index, choice in on.items():
        before = [(on[index - 1], -1.0)] if index - 1 in on else []
        for later in range(index + 1, index + activation.least):
            goes_on = [(on[later], -1.0)] if later in on else []
            program.row([(choice, 1.0), *before, *goes_on], -_INFINITE, 0.0)
        most = activation.most
        if most is not None and index + most in on:
            too_long = [(on[each], 1.0) for each in range(index, index + most + 1)]
            program.row(too_long, -_INFINITE, float(most))


def _summed(columns: Sequence[Column]) -> list[Column]:
    """Return the terms of a sum, each variable once."""
    found: dict[int, float] = {}
    for column, kw in columns:
        found[column] = found.get(column, 0.0) + kw
    return [*found.items()]
