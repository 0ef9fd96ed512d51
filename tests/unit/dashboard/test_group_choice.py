"""Points of delivery are marked and searched for, also among a thousand."""

import pytest

from platone.dashboard.domain.group_choice import (
    MOST_MARKED,
    ON_PAGE,
    group_choice,
    is_search,
    marked_pods,
)
from platone.messages.registry import PointOfDelivery

THOUSAND = [
    PointOfDelivery(
        pod_id=f"IT001E{number:08}",
        aggregator_id="ACEAE" if number % 2 else "ACEAE_2",
        po_m_id=f"POM-{number % 10}",
    )
    for number in reversed(range(1000))
]


def test_each_is_found_by_paging_and_none_twice() -> None:
    found = [
        each.pod_id
        for page in range(group_choice({}, THOUSAND).pages)
        for each in group_choice({"page": str(page)}, THOUSAND).found
    ]
    assert found == sorted(each.pod_id for each in THOUSAND)


def test_what_is_marked_stays_marked_and_is_not_found_again() -> None:
    form = {"pod.m1": "IT001E00000003", "pod.f7": "IT001E00000001", "text": "e0000000"}
    choice = group_choice(form, THOUSAND)
    assert choice.marked == ["IT001E00000003", "IT001E00000001"]
    assert [each.pod_id[-1] for each in choice.found] == list("02456789")
    assert (choice.count, choice.pages, choice.page) == (8, 1, 0)


@pytest.mark.parametrize(
    ("text", "count"),
    [("POM-3", 100), ("pom-3", 100), ("aceae_2", 500), (" 00000999 ", 1), ("x", 0)],
)
def test_a_search_looks_at_names_aggregators_and_points_of_measurement(
    text: str, count: int
) -> None:
    assert group_choice({"text": text}, THOUSAND).count == count


@pytest.mark.parametrize("page", ["-1", "99", "x", "²", "9" * 50, ""])
def test_a_page_that_is_none_shows_one_that_is(page: str) -> None:
    choice = group_choice({"text": "POM-3", "page": page}, THOUSAND)
    assert choice.pages == 3
    assert choice.page == (2 if page.startswith("9") else 0)
    assert choice.found


@pytest.mark.parametrize(("text", "may"), [("00000999", False), ("0000099", True), ("x", False)])
def test_all_are_marked_at_once_where_there_are_several(text: str, *, may: bool) -> None:
    assert group_choice({"text": text}, THOUSAND).may_mark_all is may


def test_all_that_are_found_are_marked_where_they_are_not_too_many() -> None:
    form = {"text": "POM-3", "all": "yes"}
    assert group_choice({"text": "POM-3"}, THOUSAND).may_mark_all
    choice = group_choice(form, THOUSAND)
    assert len(choice.marked) == MOST_MARKED
    assert (choice.found, choice.count, choice.may_mark_all) == ([], 0, False)
    one_more = form | {"pod.m1": "IT001E00000000"}
    assert group_choice(one_more, THOUSAND).marked == ["IT001E00000000"]
    assert not group_choice(one_more, THOUSAND).may_mark_all
    assert len(group_choice({"all": "yes"}, THOUSAND).found) == ON_PAGE


def test_marks_and_typed_names_are_each_taken_once() -> None:
    form = {"pods": "A, B  C", "pod.f1": "B", "pod.m2": "D", "p": "E"}
    assert marked_pods(form) == ["B", "D", "A", "C"]
    assert marked_pods({}) == []


@pytest.mark.parametrize(
    ("form", "is_it"),
    [
        ({"enter": "yes", "text": "POM-3"}, True),
        ({"enter": "yes", "text": "POM-3 ", "searched": "POM-3"}, False),  # Enter in another field
        ({"enter": "yes", "text": "", "searched": "POM-3"}, True),  # all are wanted again
        ({"enter": "yes"}, False),
        ({"text": "POM-3"}, False),  # the button was pressed
    ],
)
def test_the_enter_key_searches_where_a_text_is_new(form: dict[str, str], *, is_it: bool) -> None:
    assert is_search(form) is is_it
