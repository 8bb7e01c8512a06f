from __future__ import annotations

import pytest

from core.compute.endings import (
    EngineLost,
    Outcome,
    ServiceClosed,
    StorageRefused,
    TrainingRaised,
    TrainingReturned,
    Withdrawn,
    WorkerLost,
    classify,
    message_from_dict,
    message_to_dict,
)
from core.runs.record import RunState
from core.training.events import ArtefactReady, EpochEnded, StepsTaken, TrainingStarted


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        (TrainingReturned(stopped=False, result={}), RunState.FINISHED),
        (TrainingReturned(stopped=True, result={}), RunState.STOPPED),
        (Withdrawn(), RunState.STOPPED),
        (TrainingRaised(True, "TrainingFailed", "m"), RunState.FAILED),
        (TrainingRaised(False, "ValueError", "m", "t"), RunState.FAILED),
        (StorageRefused("The disk is full."), RunState.FAILED),
        (WorkerLost(), RunState.INTERRUPTED),
        (EngineLost(), RunState.INTERRUPTED),
        (ServiceClosed(), RunState.INTERRUPTED),
    ],
)
def test_every_ending_has_one_state_and_a_reason_when_something_went_wrong(ending, state):
    outcome = classify(ending)
    assert outcome.state == state
    assert (outcome.error is None) == (state in (RunState.FINISHED, RunState.STOPPED))


def test_a_users_mistake_keeps_its_message_and_a_bug_its_traceback():
    assert classify(TrainingRaised(True, "TrainingFailed", "Try a smaller rate.", "Traceback ...")) == Outcome(
        RunState.FAILED, "Try a smaller rate."
    )
    bug = classify(TrainingRaised(False, "ValueError", "odd shape", "Traceback ..."))
    assert "ValueError: odd shape" in (bug.error or "")
    assert bug.details == "Traceback ..."


@pytest.mark.parametrize(
    "message",
    [
        TrainingStarted(1, 2, 3, 4, {"python": "3.11"}),
        StepsTaken(1, 2, 0.3, 0.4, None, 0.5, 6.0, 7.0),
        EpochEnded(1, 2, 0.3, 0.4, 0.1, None, 6.0, 7.0),
        ArtefactReady("model.keras", b"\x00\xff"),
        TrainingReturned(True, {"steps": 3}),
        TrainingRaised(False, "ValueError", "m", "t"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_come_back_as_they_were_also_with_what_dask_adds(message):
    assert message_from_dict({**message_to_dict("0123456789ab", message), "worker": "tls://127.0.0.1:1"}) == ("0123456789ab", message)
