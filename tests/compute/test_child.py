from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from core.compute.child import start_engine
from core.compute.cluster import connect
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
        connect(replace(settings_for(tmp_path), scheduler=scheduler), lambda message: None)
