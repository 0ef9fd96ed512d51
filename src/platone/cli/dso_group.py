"""`platone dso …`: all commands of the grid engine."""

from platone.cli import dso, dso_outage, dso_picture, dso_series

app = dso.app
dso_outage.register(app)
dso_picture.register(app)
dso_series.register(app)
