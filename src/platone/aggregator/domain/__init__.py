"""What an aggregator decides: offers, setpoints, remuneration. Pure."""
