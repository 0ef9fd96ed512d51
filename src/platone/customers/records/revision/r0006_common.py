"""The readings of a message have much in common, which is kept once, and named by a number.

Old readings are carried over by point of delivery and month, UTC: so many are in memory at once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

from platone.infra.migration import execute_file

revision = "r0006_common"
down_revision = "r0005_long_packed"

_NUMBERS_OF_MONTH = 2**32
"""Numbers that a month's messages have for themselves."""
_QUALITIES = ("measured", "estimated", "simulated")
"""The qualities of readings, by their new numbers."""
_PARTS = text(
    "SELECT CAST(inhrelid::regclass AS text) FROM pg_inherits "
    "WHERE inhparent = 'measurement'::regclass"
)
_NEXT = text("SELECT min(start_s) FROM measurement_before WHERE start_s >= :end_s")
_OLD = text(
    "SELECT * FROM measurement_before "
    "WHERE pod_id = :pod_id AND start_s >= :from_s AND start_s < :to_s "
    "ORDER BY start_s, duration_minutes, version"
)
_POD = text("SELECT number, pod_id FROM measurement_pod ORDER BY number")


class _Month:
    """A month, UTC, of readings.

    Args:
        start_s: A second of it, since 1970.
    """

    def __init__(self, start_s: int) -> None:
        self.begin = datetime.fromtimestamp(start_s, UTC).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        end = (self.begin + timedelta(days=32)).replace(day=1)
        self.from_s, self.to_s = int(self.begin.timestamp()), int(end.timestamp())
        number = (self.begin.year - 1970) * 12 + self.begin.month - 1
        self.first_message = number * _NUMBERS_OF_MONTH
        self.next_message = self.first_message


def upgrade() -> None:
    """Make the new tables, and carry all readings over."""
    connection = op.get_bind()
    is_parted = connection.dialect.name != "sqlite"
    if is_parted:
        for name in connection.execute(_PARTS).scalars().all():
            connection.execute(text(f"ALTER TABLE {name} RENAME TO {name}_before"))
    execute_file(connection, __file__)
    pods, months = connection.execute(_POD).all(), list(_months(connection))
    if is_parted:  # by month, as rows lie there; in a file they lie by point of delivery
        for month in months:
            _make_parts(connection, month)
        steps = [(pod, month) for month in months for pod in pods]
    else:
        steps = [(pod, month) for pod in pods for month in months]
    devices: dict[tuple[int, str], int] = {}
    for (number, pod_id), month in steps:
        wanted = {"pod_id": pod_id, "from_s": month.from_s, "to_s": month.to_s}
        _carry(connection, connection.execute(_OLD, wanted).all(), number, month, devices)
    numbers = [(number, *source) for source, number in devices.items()]
    _insert(connection, "measurement_device", numbers)
    connection.execute(text("DROP TABLE measurement_before"))


def _months(connection: Connection) -> Iterator[_Month]:
    """Yield the months that have readings, the earliest first."""
    end_s = -(2**62)
    while (start_s := connection.execute(_NEXT, {"end_s": end_s}).scalar()) is not None:
        month = _Month(start_s)
        yield month
        end_s = month.to_s


def _make_parts(connection: Connection, month: _Month) -> None:
    """Make the tables of a month, of readings and of messages."""
    bounds = {
        "measurement": (month.from_s, month.to_s),
        "measurement_message": (month.first_message, month.first_message + _NUMBERS_OF_MONTH),
    }
    for table, (first, end) in bounds.items():
        name = f"{table}_{month.begin:%Y_%m}"
        made = f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({end})"
        connection.execute(text(made))


def _carry(
    connection: Connection,
    rows: Any,
    pod: int,
    month: _Month,
    devices: dict[tuple[int, str], int],
) -> None:
    """Carry readings of a point of delivery and month over; new devices get numbers."""
    messages: dict[tuple[Any, ...], int] = {}
    readings = []
    for row in rows:
        common = _common(row, devices.setdefault((pod, row.device), len(devices) + 1))
        message = messages.setdefault(common, month.next_message + len(messages))
        of_pod = pod, row.duration_minutes, row.version, row.is_superseded
        readings.append((row.start_s, row.energy_wh, message, *of_pod, row.reactive_energy_varh))
    month.next_message += len(messages)
    numbered = [(number, *common) for common, number in messages.items()]
    _insert(connection, "measurement_message", numbered)
    _insert(connection, "measurement", readings)


def _common(row: Any, device: int) -> tuple[Any, ...]:
    """Return the columns that a reading shares with the others of its message."""
    usual = f"reading:{row.device}:{row.sequence}"
    return (
        row.sequence,
        row.received_us,
        device,
        row.revision,
        _QUALITIES.index(row.quality),
        bytes.fromhex(row.certification_hash),
        "" if row.certification_id == usual else row.certification_id,
        row.meter_id,
    )


def _insert(connection: Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows as the database's driver takes them: there may be many millions."""
    if rows:
        is_sqlite = connection.dialect.name == "sqlite"
        places = ["?" if is_sqlite else f"${place}" for place in range(1, len(rows[0]) + 1)]
        filled = f"INSERT INTO {table} VALUES ({', '.join(places)})"  # noqa: S608 - our own names
        connection.exec_driver_sql(filled, rows)
