"""Networks, series and measurements, read from files and written to them."""
