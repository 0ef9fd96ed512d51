"""The pace of certification: soon where it is quiet, and few blocks where messages come evenly."""

from itertools import pairwise

from platone.access.service.certify import TreePace

DAY_S = 86_400
FULL_TREE = 2_000


def trees(pace: TreePace, first_s: int, last_s: int, waiting: int) -> list[int]:
    """The seconds in which a tree is made, where something waits in each of them."""
    return [
        second
        for second in range(first_s, last_s)
        if pace.is_look_due(second) and pace.take(second, waiting)
    ]


def test_even_messages_make_a_block_a_minute_in_place_of_one_in_two_seconds() -> None:
    made = trees(TreePace(), 0, DAY_S, 1)
    assert 1_440 <= len(made) <= 1_440 + 310
    pauses = [later - earlier for earlier, later in pairwise(made)]
    assert pauses[0] == 2
    assert max(pauses) == 60


def test_after_a_quiet_time_every_look_makes_one_again() -> None:
    pace = TreePace()
    (*_, last_s) = trees(pace, 0, DAY_S, 1)
    assert trees(pace, DAY_S, last_s + 60, 1) == []
    saved_s = last_s + 301 * 60
    assert trees(pace, saved_s, saved_s + 10, 1) == [saved_s + each for each in (0, 2, 4, 6, 8)]


def test_a_quiet_time_saves_trees_one_a_minute_and_some_hundred_at_most() -> None:
    pace = TreePace(look_s=0, tree_s=60, saved=3)
    assert [pace.take(0, 1) for _ in range(4)] == [True, True, True, False]
    assert [pace.take(60, 1), pace.take(60, 1)] == [True, False]
    assert [pace.take(10_000, 1) for _ in range(4)] == [True, True, True, False]


def test_a_full_tree_waits_for_nothing_and_nothing_makes_no_tree() -> None:
    pace = TreePace(look_s=0, tree_s=60, saved=1)
    assert pace.take(0, 1)
    assert not pace.take(1, FULL_TREE - 1)
    assert pace.take(1, FULL_TREE)
    assert not pace.take(61, 0)
    assert pace.take(61, 1)
