"""The arrays that calculations pass on."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Places = NDArray[np.int64]
"""Positions in another array."""
Flags = NDArray[np.bool_]
