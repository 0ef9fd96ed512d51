from platone.identity.service.failure_limit import FailureLimit


class Watch:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_key_is_heard_again_when_its_window_ends() -> None:
    watch = Watch()
    limit = FailureLimit(3, 60.0, watch)
    for _ in range(3):
        assert limit.wait_s("a") == 0
        limit.count("a")
    watch.now_s = 59.5
    assert limit.wait_s("a") == 1
    assert limit.wait_s("b") == 0
    watch.now_s = 60.0
    assert limit.wait_s("a") == 0
    assert not limit.has_failed("a")
    limit.count("a")
    assert limit.wait_s("a") == 0
    assert limit.has_failed("a")  # in a window that begins now
    watch.now_s = 119.9
    assert limit.has_failed("a")


def test_memory_is_bounded_and_the_oldest_is_forgotten() -> None:
    limit = FailureLimit(1, 60.0, Watch(), capacity=2)
    for key in "abc":
        limit.count(key)
    assert [limit.wait_s(key) for key in "abc"] == [0, 60, 60]


def test_a_failure_is_known_until_its_window_ends() -> None:
    watch = Watch()
    limit = FailureLimit(3, 60.0, watch)
    assert not limit.has_failed("a")
    limit.count("a")
    assert limit.has_failed("a")
    assert not limit.has_failed("b")
    watch.now_s = 59.9
    assert limit.has_failed("a")
    watch.now_s = 60.0
    assert not limit.has_failed("a")
