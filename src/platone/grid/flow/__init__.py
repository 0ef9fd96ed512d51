"""States of the grid, their limits, and how they move with the consumers' power."""
