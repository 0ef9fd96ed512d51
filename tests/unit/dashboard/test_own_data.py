"""A household's own data: every month of a year once, and nothing outside of the archive."""

from datetime import datetime
from itertools import pairwise

import pytest

from platone.dashboard.domain.own_data import own_files, year_typed
from platone.dashboard.domain.problem import FieldWrong


def test_the_months_of_a_year_follow_each_other_without_gap() -> None:
    files = list(own_files(["IT002E60550189"], 2021, "Europe/Rome"))
    assert len({name for name, _, _ in files}) == len(files)
    spans = [asked for name, _, asked in files if "/readings-" in name]
    assert len(spans) == 12
    assert spans[0]["from"] == "2020-12-31T23:00:00+00:00"
    assert spans[-1]["to"] == "2021-12-31T23:00:00+00:00"
    for before, after in pairwise(spans):
        assert before["to"] == after["from"]
        assert datetime.fromisoformat(before["from"]) < datetime.fromisoformat(before["to"])


def test_each_month_has_its_statement_and_its_series_under_its_name() -> None:
    files = {name: (path, asked) for name, path, asked in own_files(["P_1"], 2021, "UTC")}
    months = [f"2021-{month:02}" for month in range(1, 13)]
    kinds = {"/api/scd/measurements", "/api/scd/baselines", "/api/scd/setpoints"}
    assert [name for name in files if name.startswith("statement-")] == [
        f"statement-{month}.json" for month in months
    ]
    for month in months:
        assert files[f"statement-{month}.json"] == (f"/api/books/statements/{month}", {})
        of_month = [
            files[name] for name in files if name.endswith(f"-{month}.json") and "/" in name
        ]
        assert {path for path, _ in of_month} == kinds | {"/api/scd/outcomes"}
        for _, asked in of_month:
            assert asked["from"] == f"{month}-01T00:00:00+00:00"
            assert asked["podId"] == "P_1"


def test_a_folder_is_named_after_its_point_of_delivery() -> None:
    names = {name for name, _, _ in own_files(["IT001E-7_b", "a b"], 2021, "UTC")}
    assert {"IT001E-7_b/wallet.json", "a-b/wallet.json"} <= names


def test_a_name_leads_out_of_no_folder() -> None:
    files = list(own_files(["../../etc"], 2021, "Europe/Rome"))
    assert all(".." not in name and not name.startswith("/") for name, _, _ in files)
    assert "/api/contracts/wallets/..%2F..%2Fetc" in {path for _, path, _ in files}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "21",
        "1999",
        "2201",
        "20211",
        "02021",
        "020219",  # read in part it is 2021, and as a whole no day is of it
        "2021\n",
        "\u0662\u0660\u0662\u0661",
        "9" * 5000,
    ],
)
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(FieldWrong):
        year_typed(text)
    assert (year_typed("2000"), year_typed("2200")) == (2000, 2200)
