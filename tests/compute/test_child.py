from __future__ import annotations

import gc
import sys
import threading
from dataclasses import replace

import pytest

from core.compute.child import start_engine
from core.compute.cluster import find_engine
from core.errors import EngineUnavailable


def test_an_engine_that_does_not_start_says_where_the_reason_is(tmp_path, settings_for, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EngineUnavailable, match=r"engine\.log"):
        start_engine(settings_for(tmp_path / "home"))
    assert (tmp_path / "home" / "engine.log").exists()


def test_a_home_that_can_not_be_written_to_does_not_keep_the_engine_from_being_started(tmp_path, settings_for, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EngineUnavailable):
        start_engine(settings_for(tmp_path / "file" / "home"))


@pytest.mark.parametrize("scheduler", ["tls://127.0.0.1:1", "nonsense://127.0.0.1:1"])
def test_a_cluster_that_can_not_be_reached_is_named(tmp_path, settings_for, scheduler):
    with pytest.raises(EngineUnavailable, match=scheduler):
        find_engine(replace(settings_for(tmp_path), scheduler=scheduler)).connect(lambda message: None)


def io_loops():
    return [thread for thread in threading.enumerate() if thread.name == "IO loop"]


def test_a_client_that_never_came_to_be_leaves_no_thread_and_can_be_collected_while_the_next_one_starts(tmp_path, settings_for):
    """Python's collector runs in any thread and at any moment, such as while Dask holds the lock under which clients start."""
    from distributed.utils import LoopRunner

    before = io_loops()
    with pytest.raises(EngineUnavailable):
        find_engine(replace(settings_for(tmp_path), scheduler="tls://127.0.0.1:1")).connect(lambda message: None)
    assert io_loops() == before
    with LoopRunner._lock:
        collecting = threading.Thread(target=gc.collect, daemon=True)
        collecting.start()
        collecting.join(20)
        assert not collecting.is_alive()
