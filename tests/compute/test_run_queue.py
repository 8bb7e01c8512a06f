from __future__ import annotations

from core.compute.recent import Recent
from core.compute.run_queue import RunQueue


def queue_of(*run_ids: str) -> RunQueue:
    queue = RunQueue()
    for run_id in run_ids:
        queue.add(run_id)
    return queue


def test_runs_are_taken_in_order_and_only_into_free_places():
    queue = queue_of("a", "b", "c")
    assert [queue.take(2), queue.take(2), queue.take(2)] == ["a", "b", None]
    queue.release("a")
    assert queue.take(2) == "c"
    assert queue.running == ("b", "c")


def test_without_places_nobody_is_taken():
    queue = queue_of("a")
    assert queue.take(0) is None
    assert queue.waiting == ("a",)


def test_positions_count_from_one_and_move_up():
    queue = queue_of("a", "b", "c")
    assert [queue.position(run_id) for run_id in "abc"] == [1, 2, 3]
    queue.take(1)
    assert [queue.position(run_id) for run_id in "abc"] == [None, 1, 2]
    assert queue.withdraw("b")
    assert queue.position("c") == 1


def test_only_a_waiting_run_can_be_withdrawn():
    queue = queue_of("a")
    queue.take(1)
    assert not queue.withdraw("a")
    assert not queue.withdraw("unknown")


def test_releasing_twice_frees_one_place():
    queue = queue_of("a", "b", "c")
    queue.take(1)
    queue.release("a")
    queue.release("a")
    assert [queue.take(1), queue.take(1)] == ["b", None]


def test_a_run_taken_in_vain_is_next_again():
    queue = queue_of("a", "b")
    queue.take(1)
    queue.put_back("a")
    queue.put_back("unknown")
    assert (queue.running, queue.waiting) == ((), ("a", "b"))


def test_draining_takes_everybody():
    queue = queue_of("a", "b")
    queue.take(1)
    assert queue.drain() == ("a", "b")
    assert (queue.running, queue.waiting) == ((), ())


def test_only_recently_used_values_are_kept():
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)
