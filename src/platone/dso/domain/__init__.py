"""Rules of the DSO platform around the grid's calculations. No IO, no clock."""
