"""pandapower's JSON files, read and written without pandapower: its import alone takes seconds."""
