"""Many small programs with few rows and many boxed columns, as arrays."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats, Places


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs of equal shape; the first axis is the program.

    Attributes:
        matrix: Shape (programs, rows, columns); rows of zeros with bounds below 0 do nothing.
        bound: Shape (programs, rows).
        cost: Shape (programs, columns).
        weight: The same shape, above 0.
        lower: The same shape.
        upper: The same shape; columns with equal bounds do nothing.
    """

    matrix: Floats
    bound: Floats
    cost: Floats
    weight: Floats
    lower: Floats
    upper: Floats

    def pick(self, programs: Places) -> "Programs":
        """Some of them."""
        return Programs(
            self.matrix[programs],
            self.bound[programs],
            self.cost[programs],
            self.weight[programs],
            self.lower[programs],
            self.upper[programs],
        )

    def only(self, columns: Places) -> "Programs":
        """Some columns of each program, shape (programs, columns); others stay at their lower."""
        lower = self.lower.copy()
        np.put_along_axis(lower, columns, 0.0, axis=1)
        return Programs(
            np.take_along_axis(self.matrix, columns[:, None], axis=2),
            self.bound - times(self.matrix, lower),
            np.take_along_axis(self.cost, columns, axis=1),
            np.take_along_axis(self.weight, columns, axis=1),
            np.take_along_axis(self.lower, columns, axis=1),
            np.take_along_axis(self.upper, columns, axis=1),
        )

    def short(self, x: Floats) -> Floats:
        """By how much each row is short of its bound."""
        return self.bound - times(self.matrix, x)


def priced(prices: Floats, matrix: Floats) -> Floats:
    """What each column is worth at prices of the rows."""
    return np.asarray((prices[:, None, :] @ matrix)[:, 0])


def times(matrix: Floats, x: Floats) -> Floats:
    """What columns give to the rows."""
    return np.asarray((matrix @ x[:, :, None])[:, :, 0])
