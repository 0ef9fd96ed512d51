"""Many small quadratic programs with few rows and many boxed columns, as arrays.

Each is: minimise the sum of cost x + weight x^2 / 2 over its columns, subject to matrix x >= bound
on its rows and lower <= x <= upper. The first axis of every array is the program.
"""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places


@dataclass(frozen=True, slots=True)
class BoxedPrograms:
    """A list of programs of equal shape.

    Attributes:
        matrix: Coefficients, shape (programs, rows, columns); rows of zeros with bounds below 0
            have no effect.
        bound: Least values of the rows, shape (programs, rows).
        cost: Linear cost of each column, shape (programs, columns).
        weight: Quadratic cost of each column, above 0, shape (programs, columns).
        lower: Least values of the columns, shape (programs, columns).
        upper: Greatest values of the columns, shape (programs, columns); columns with equal bounds
            have no effect.
    """

    matrix: Floats
    bound: Floats
    cost: Floats
    weight: Floats
    lower: Floats
    upper: Floats

    def pick(self, programs: Places) -> "BoxedPrograms":
        """Return some of the programs, by their places."""
        return BoxedPrograms(
            matrix=self.matrix[programs],
            bound=self.bound[programs],
            cost=self.cost[programs],
            weight=self.weight[programs],
            lower=self.lower[programs],
            upper=self.upper[programs],
        )

    def only(self, columns: Places) -> "BoxedPrograms":
        """Return the programs in some of their columns; the others stay at their lower bounds.

        Args:
            columns: Columns of each program, shape (programs, columns that are kept).
        """
        lower = self.lower.copy()
        np.put_along_axis(lower, columns, 0.0, axis=1)
        return BoxedPrograms(
            matrix=np.take_along_axis(self.matrix, columns[:, None], axis=2),
            bound=self.bound - times(self.matrix, lower),
            cost=np.take_along_axis(self.cost, columns, axis=1),
            weight=np.take_along_axis(self.weight, columns, axis=1),
            lower=np.take_along_axis(self.lower, columns, axis=1),
            upper=np.take_along_axis(self.upper, columns, axis=1),
        )

    def shortage(self, x: Floats) -> Floats:
        """Return by how much each row is short of its bound, shape (programs, rows)."""
        return self.bound - times(self.matrix, x)


def empty_programs(count: int, rows: int, columns: int) -> BoxedPrograms:
    """Return programs in which no column can move and no row asks for anything."""
    return BoxedPrograms(
        matrix=np.zeros((count, rows, columns)),
        bound=np.full((count, rows), -1.0),
        cost=np.zeros((count, columns)),
        weight=np.ones((count, columns)),
        lower=np.zeros((count, columns)),
        upper=np.zeros((count, columns)),
    )


def priced(prices: Floats, matrix: Floats) -> Floats:
    """Return each column's worth at prices of the rows, shape (programs, columns)."""
    return np.asarray((prices[:, None, :] @ matrix)[:, 0])


def times(matrix: Floats, x: Floats) -> Floats:
    """Return the rows' values at values of the columns, shape (programs, rows)."""
    return np.asarray((matrix @ x[:, :, None])[:, :, 0])
