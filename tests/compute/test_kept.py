"""Results on the disk."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from core.compute.kept import KeptResults


def test_arrays_come_back_as_they_were_and_read_only(tmp_path):
    kept = KeptResults(tmp_path / "results")
    arrays = {"points": np.arange(6.0).reshape(3, 2), "names": np.array(["a", "ü"]), "share": np.array(0.5)}
    kept.store("a/../key with: anything", arrays)
    back = kept.load("a/../key with: anything")
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert not back[name].flags.writeable
    assert [path.parent for path in tmp_path.rglob("*.npz")] == [tmp_path / "results"]


def test_what_is_not_there_or_damaged_counts_as_absent(tmp_path):
    kept = KeptResults(tmp_path)
    assert kept.load("nothing") is None
    kept.store("key", {"numbers": np.arange(1000)})
    [path] = tmp_path.glob("*.npz")
    whole = path.read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        assert kept.load("key") is None


def test_the_one_unused_for_longest_goes_when_there_is_no_room(tmp_path):
    kept = KeptResults(tmp_path, max_bytes=20_000)
    for age, key in enumerate(("old", "older", "oldest")):
        kept.store(key, {"bytes": np.zeros(6_000, np.uint8)})
        os.utime(kept._path(key), (1_000 - age, 1_000 - age))
    assert kept.load("oldest") is not None  # Which makes it the newest.
    kept.store("new", {"bytes": np.zeros(6_000, np.uint8)})
    assert [key for key in ("old", "older", "oldest", "new") if kept.load(key) is not None] == ["old", "oldest", "new"]


def test_a_disk_that_refuses_costs_nobody_the_result(tmp_path, caplog):
    (tmp_path / "results").write_text("in the way")
    KeptResults(tmp_path / "results").store("key", {"numbers": np.arange(3)})
    assert "could not be kept" in caplog.text


@pytest.mark.parametrize("writers", [4])
def test_threads_that_keep_and_load_at_once_do_not_disturb_each_other(tmp_path, writers):
    kept = KeptResults(tmp_path, max_bytes=5_000)
    problems = []

    def work(number: int) -> None:
        for turn in range(10):
            kept.store(f"{number}-{turn}", {"number": np.full(100, number)})
            back = kept.load(f"{number}-{turn}")
            if back is not None and back["number"][0] != number:
                problems.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
