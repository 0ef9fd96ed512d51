"""Rules of an aggregator: offers, setpoints, remuneration. Pure."""
