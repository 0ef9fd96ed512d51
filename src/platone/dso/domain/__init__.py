"""The grid as frozen values, and the calculations on it. No IO, no clock."""
