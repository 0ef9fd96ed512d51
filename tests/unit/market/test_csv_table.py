"""Tables of the market's REST interface hold every column that any of their rows has."""

import csv
import io

from platone.market.api.csv_table import csv_answer, service_rows
from platone.messages.market import (
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    ServiceType,
)


def service(name: str, kind: PowerKind | None, point: PowerPoint) -> RecordedService:
    entry = Flexibility(pod=["P-001"], power=[point], power_kind=kind)
    return RecordedService(
        player_id="A",
        service_type=ServiceType.OFFER,
        player_service_id=name,
        flexibility=[entry],
    )


def test_reactive_power_after_active_power_is_not_left_out() -> None:
    active = service("a", None, PowerPoint(index=50, p=90.0, p_price=0.05))
    reactive = service(
        "r", PowerKind.REACTIVE, PowerPoint(index=50, p=0.0, p_price=0.0, q=-12.5, q_price=0.02)
    )
    rows = [row for each in (active, reactive) for row in service_rows(each)]
    text = bytes(csv_answer(rows).body).decode()
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert (first["p"], first["q"]) == ("90.0", "")
    assert (second["powerKind"], second["q"], second["qPrice"]) == ("Q", "-12.5", "0.02")
    assert second["asked"] == ""  # a list of nothing is nothing, and no text "()"


def test_what_has_parts_stands_as_json_and_amounts_as_numbers() -> None:
    rows = [{"baseline": {"method": "tenOfTen", "days": []}, "net": "-9.5", "name": "=1"}]
    (row,) = csv.DictReader(io.StringIO(bytes(csv_answer(rows).body).decode(), newline=""))
    assert row["baseline"] == '{"method":"tenOfTen","days":[]}'
    assert (row["net"], row["name"]) == ("-9.5", "'=1")
