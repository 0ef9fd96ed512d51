"""The grid engine: networks, power flow, flexibility, state estimation, profiles and pictures."""
