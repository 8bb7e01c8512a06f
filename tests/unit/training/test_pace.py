from __future__ import annotations

import pytest

from core.training.pace import Pace


def _settled(seconds_per_step, chunk_seconds=0.2):
    pace = Pace(chunk_seconds)
    for _ in range(12):
        steps = pace.next_chunk(10**9)
        pace.record(steps, steps * seconds_per_step)
    return pace


def test_the_first_chunk_is_one_step():
    assert Pace().next_chunk(1000) == 1


def test_a_chunk_comes_to_last_as_long_as_asked():
    assert _settled(0.0005).next_chunk(10**9) * 0.0005 == pytest.approx(0.2, rel=0.02)


def test_steps_slower_than_a_chunk_are_taken_one_at_a_time():
    assert _settled(3.0).next_chunk(100) == 1


def test_one_lucky_measurement_does_not_make_the_next_chunk_huge():
    pace = Pace()
    pace.record(1, 1e-9)
    assert pace.next_chunk(10**6) <= 8


def test_it_slows_down_at_once_when_the_machine_does():
    pace = _settled(0.0001)
    pace.record(2000, 2.0)
    assert pace.next_chunk(10**6) == 200


@pytest.mark.parametrize("remaining", [1, 7, 399, 400, 401, 1000, 1688])
def test_the_rest_of_an_epoch_is_dealt_out_evenly_and_completely(remaining):
    pace = _settled(0.0005)
    chunks = []
    while sum(chunks) < remaining:
        chunks.append(pace.next_chunk(remaining - sum(chunks)))
    assert sum(chunks) == remaining
    assert max(chunks) <= 400
    assert max(chunks) - min(chunks) <= 1
