"""Symmetric systems of linear equations, put together from their blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from platone.grid.array import Floats, Places


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a sparse matrix.

    Attributes:
        content: Its numbers.
        row: The matrix's row at which it begins.
        column: The matrix's column at which it begins.
    """

    content: csr_array
    row: int
    column: int


def symmetric_matrix(
    diagonal: Floats, lower: Sequence[Block], first: csr_array | None = None
) -> csc_array:
    """Return a symmetric matrix, shape (len(diagonal), len(diagonal)).

    Args:
        diagonal: Numbers that are added on its diagonal.
        lower: Blocks below its diagonal; above it they stand transposed.
        first: A symmetric block at its beginning, that on the diagonal included.
    """
    held = np.flatnonzero(diagonal)
    rows, columns, data = [held], [held], [diagonal[held]]
    if first is not None:
        rows.append(_rows(first))
        columns.append(first.indices)
        data.append(first.data)
    for block in lower:
        row, column = _rows(block.content) + block.row, block.content.indices + block.column
        rows += [row, column]
        columns += [column, row]
        data += [block.content.data] * 2
    places = np.concatenate(rows), np.concatenate(columns)
    return csc_array((np.concatenate(data), places), shape=(len(diagonal), len(diagonal)))


def _rows(matrix: csr_array) -> Places:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
