"""The program of quarter-hours that linked offers join: which units are taken, and how much.

::

    variable   kW of a plain offer; share of a unit; what is missing of a row that may go without
    choice     whether a unit with a least share is taken; whether an option is
    row        a request or limit: effects of offers, units and what comes back; share of a unit
               within its least share and 1; options of a choice at most one; energy of an entry;
               durations of activations (:mod:`.linked_activation`); requests that are met by a
               least part (:mod:`.linked_demand`)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from platone.market.domain.asked import (
    GRAIN_KW,
    STEPS,
    AskedRows,
    Solved,
    cost_of,
    crumbs,
    settled,
    without,
)
from platone.market.domain.linked_activation import bound_durations
from platone.market.domain.linked_demand import LinkedDemand, Missing, bound_demands, unmet
from platone.market.domain.linked_orders import ComingBack, EnergyBound, LinkedOrders, Unit
from platone.market.domain.mixed_program import MixedProgram, solve_mixed
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import Kilowatts, Rows

_HOURS = 0.25
"""Length of a quarter-hour."""
_SPENT_KWH = 1e-3
"""Energy below which a bound is used up: a watt-hour, as meters count."""
_INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter-hour that is decided together with others.

    Attributes:
        index: Which one.
        start: Place in merit order of its first offer.
        rows: The rows of its offers in merit order.
        asked: What is asked in it.
    """

    index: int
    start: int
    rows: Rows
    asked: AskedRows


@dataclass(frozen=True, slots=True)
class UnitResult:
    """The fate of a unit.

    Attributes:
        unit: The unit.
        share: The share that is taken.
        gain: What one unit more of it would save at the shadow prices, in steps; above 0, it was
            wanted.
        is_spent: Whether its energy was used up elsewhere.
    """

    unit: Unit
    share: float
    gain: float
    is_spent: bool


@dataclass(slots=True)
class _Builder:
    """The program while it is written.

    Attributes:
        book: The offers.
        quarters: The quarter-hours.
        program: The program.
        column: The variable of each row of the book, and kW for one of it.
        shares: The variable of each unit.
        demanded: The requests with terms, by number.
        missing: What may be missing of those.
    """

    book: OfferBook
    quarters: Sequence[Quarter]
    program: MixedProgram
    column: dict[int, tuple[int, float]]
    shares: list[int]
    demanded: dict[int, LinkedDemand]
    missing: list[Missing] = field(default_factory=list)

    def offers(self, units: Sequence[Unit]) -> None:
        """Add the variables of plain offers and of units."""
        cost: dict[int, float] = {}
        for quarter in self.quarters:
            costs = cost_of(self.book.price[quarter.rows])
            cost |= dict(zip(quarter.rows.tolist(), costs.tolist(), strict=True))
        kw = np.abs(self.book.change_kw)
        of_units = {row for unit in units for row in unit.rows}
        for row, its in cost.items():
            if row not in of_units:
                self.column[row] = self.program.variable(its, float(kw[row])), 1.0
        for unit in units:
            its = sum(cost[row] * float(kw[row]) for row in unit.rows)
            share = self.program.variable(its, 1.0)
            self.shares.append(share)
            self.column |= {row: (share, float(kw[row])) for row in unit.rows}

    def demands(self, units: Sequence[Unit]) -> None:
        """Add a row for each request and limit, in the order of the quarter-hours."""
        back = self._coming_back(units)
        for quarter in self.quarters:
            asked = quarter.asked
            for number in range(len(asked.buyers)):
                terms: dict[int, float] = {}
                for place in np.flatnonzero(asked.effect[number]).tolist():
                    column, kw = self.column[int(quarter.rows[place])]
                    terms[column] = terms.get(column, 0.0) + asked.effect[number, place] * kw
                for column, each in back.get(quarter.index, ()):
                    effect = asked.per_pod[number, each.pod] * each.change_kw
                    terms[column] = terms.get(column, 0.0) + effect
                self._demand(asked, number, terms)

    def _coming_back(self, units: Sequence[Unit]) -> dict[int, list[tuple[int, ComingBack]]]:
        """Return all that comes back in each quarter-hour, with the variable of its unit."""
        found: dict[int, list[tuple[int, ComingBack]]] = {}
        for unit, column in zip(units, self.shares, strict=True):
            for each in unit.back:
                found.setdefault(each.index, []).append((column, each))
        return found

    def _demand(self, asked: AskedRows, number: int, terms: dict[int, float]) -> None:
        worth, spare = float(asked.worth[number]), float(asked.spare[number])
        if spare > 0:  # what has no price must hold, and nothing of it may be missing
            slack = self.program.variable(worth * STEPS, spare)
            demand = self.demanded.get(asked.buyers[number])
            if demand is not None:
                harm = [(column, each) for column, each in terms.items() if each < 0]
                self.missing.append(Missing(demand, slack, harm))
            terms[slack] = 1.0 if asked.least[number] > 0 else -1.0
        least, most = float(asked.least[number]), float(asked.most[number])
        self.program.row([*terms.items()], least, most)

    def terms(self, units: Sequence[Unit]) -> None:
        """Add least shares, and the choices of which one option is taken at most."""
        options: dict[tuple[int, str], dict[str | int, int]] = {}
        for unit, share in zip(units, self.shares, strict=True):
            gated = share
            if unit.least_share > 0:
                gated = self.program.choice()
                self.program.row([(share, 1.0), (gated, -unit.least_share)], 0.0, _INFINITE)
                self.program.row([(share, 1.0), (gated, -1.0)], -_INFINITE, 0.0)
            if unit.choice is not None:
                chosen = options.setdefault(unit.choice, {})
                if unit.option not in chosen:
                    chosen[unit.option] = self.program.choice()
                self.program.row([(gated, 1.0), (chosen[unit.option], -1.0)], -_INFINITE, 0.0)
        for chosen in options.values():
            self.program.row([(option, 1.0) for option in chosen.values()], -_INFINITE, 1.0)

    def without_crumbs(self, found: Kilowatts) -> bool:
        """Take out plain offers of which less than a watt would be sold; return whether any were.

        What is asked is counted less by it, and by half a grain, so that they set no price.
        """
        plain = {column: row for row, (column, _) in self.column.items()}
        plain = {column: row for column, row in plain.items() if column not in self.shares}
        columns = np.array(sorted(plain), dtype=np.intp)
        few = set(columns[crumbs(found[columns])].tolist())
        program, ends = self.program, self.program.ends
        rows = sum(len(quarter.asked.buyers) for quarter in self.quarters)
        done = np.zeros(rows)
        for row in range(rows):
            for place in range(program.starts[row], ends[row]):
                if program.columns[place] in few:
                    volume_kw = float(found[program.columns[place]]) + GRAIN_KW / 2
                    done[row] += program.values[place] * volume_kw
        least, most = without(done, np.array(program.least[:rows]), np.array(program.most[:rows]))
        program.least[:rows], program.most[:rows] = least.tolist(), most.tolist()
        for column in few:
            program.upper[column] = 0.0
        return bool(few)

    def energy(self, bounds: Sequence[EnergyBound]) -> None:
        """Add the bounds of energy."""
        for bound in bounds:
            terms: dict[int, float] = {}
            for row in bound.rows:
                if row in self.column:
                    column, kw = self.column[row]
                    terms[column] = terms.get(column, 0.0) + kw * _HOURS
            if terms:
                self.program.row([*terms.items()], -_INFINITE, bound.most_kwh)


def solve_joined(
    quarters: Sequence[Quarter], orders: LinkedOrders, book: OfferBook
) -> tuple[list[Solved], list[UnitResult]]:
    """Return the solution of each of some quarter-hours that are joined, and of their units.

    Args:
        quarters: The quarter-hours.
        orders: The linked offers of the session.
        book: The offers.

    Raises:
        ClearingFailed: There is none that keeps all limits, or it was not found in time.
    """
    indices = {quarter.index for quarter in quarters}
    units = [unit for unit in orders.units if int(book.index[unit.rows[0]]) in indices]
    demanded = {each.ask: each for each in orders.demands}
    builder = _Builder(book, quarters, MixedProgram(), {}, [], demanded)
    builder.offers(units)
    builder.demands(units)
    builder.terms(units)
    builder.energy(orders.bounds)
    its = [each for each in orders.activations if indices.issuperset(each.rows)]
    bound_durations(builder.program, its, builder.column, book)
    met, losing = bound_demands(builder.program, builder.missing)
    found, duals = solve_mixed(builder.program)
    while builder.without_crumbs(found):
        found, duals = solve_mixed(builder.program)
    refused = unmet(orders.demands, met, found.tolist())
    volume_kw = {row: found[column] * kw for row, (column, kw) in builder.column.items()}
    solutions, first = [], 0
    for quarter in quarters:
        count = len(quarter.asked.buyers)
        taken_kw = np.array([volume_kw[row] for row in quarter.rows.tolist()])
        offered_kw = np.abs(book.change_kw[quarter.rows])
        shadow = np.rint(duals[first : first + count]) / STEPS
        unserved = np.array([buyer in refused for buyer in quarter.asked.buyers], dtype=np.bool_)
        shadow[unserved] = 0.0  # who is not met pays nothing; its dual is none that counts
        solutions.append(Solved(settled(taken_kw, offered_kw), shadow, unserved))
        first += count
    gains = _gains(builder.program, duals, [*range(first), *losing])
    spent = _spent(orders, volume_kw)
    return solutions, [
        UnitResult(
            unit,
            float(found[column]),
            gains.get(column, 0.0) - builder.program.cost[column],
            any(row in spent for row in unit.rows),
        )
        for unit, column in zip(units, builder.shares, strict=True)
    ]


def shifted(quarters: Sequence[Quarter], results: Sequence[UnitResult]) -> list[Quarter]:
    """Return the quarter-hours with what is still asked of them after all that comes back."""
    back: dict[int, list[tuple[int, float]]] = {}
    for result in results:
        for each in result.unit.back:
            change_kw = result.share * each.change_kw
            back.setdefault(each.index, []).append((each.pod, change_kw))
    told = []
    for quarter in quarters:
        done = np.zeros(len(quarter.asked.buyers))
        for pod, change_kw in back.get(quarter.index, ()):
            done += quarter.asked.per_pod[:, pod] * change_kw
        told.append(replace(quarter, asked=quarter.asked.shifted(done)))
    return told


def _gains(program: MixedProgram, duals: Kilowatts, rows: Sequence[int]) -> dict[int, float]:
    """Return the worth of one of each variable to who asks, in steps, at the duals of some rows."""
    found: dict[int, float] = {}
    ends = program.ends
    for row in rows:
        part = slice(program.starts[row], ends[row])
        for column, value in zip(program.columns[part], program.values[part], strict=True):
            found[column] = found.get(column, 0.0) + float(duals[row]) * value
    return found


def _spent(orders: LinkedOrders, volume_kw: dict[int, float]) -> set[int]:
    """Return the rows whose entry has moved all the energy that it can."""
    return {
        row
        for bound in orders.bounds
        for row in bound.rows
        if bound.most_kwh - sum(volume_kw.get(each, 0.0) * _HOURS for each in bound.rows)
        < _SPENT_KWH
    }
