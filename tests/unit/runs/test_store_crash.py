"""`kill -9` at any moment: the process that trains is really killed here."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.runs.record import RunState
from core.runs.store import RunStore

ROOT = Path(__file__).parents[3]

APPEND_FOR_EVER = """
import sys
from pathlib import Path
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, StepsTaken, TrainingStarted

store = RunStore(Path(sys.argv[1]))
store.interrupt_abandoned()
while True:
    run_id = store.create(TrainingSpec(), "abc").id
    print(run_id, flush=True)
    store.append(run_id, TrainingStarted(1, 2, 3, 4, {}))
    for epoch in range(1, 20):
        store.append(run_id, StepsTaken(epoch, epoch, 1 / epoch, 0.5, None, None, 1.0, 2.0))
        store.append(run_id, EpochEnded(epoch, epoch, 1 / epoch, 0.5, None, None, 1.0, 2.0))
        store.append(run_id, ArtefactReady(f"weights/epoch-{epoch:04d}.npz", bytes([epoch]) * 50_000))
    store.finish(run_id, RunState.FINISHED)
"""


def append_until_killed(home: Path, seconds: float) -> list[str]:
    """The ids of the runs that the process said it made before it was killed."""
    command = [sys.executable, "-c", APPEND_FOR_EVER, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        first = process.stdout.readline().strip()
        time.sleep(seconds)
        process.kill()
        return [first, *process.stdout.read().split()]


def check_run(store: RunStore, run_id: str) -> None:
    record, history = store.load(run_id), store.history(run_id)
    epochs = [event.epoch for event in history.epochs]
    steps = [event.step for event in history.steps]
    assert epochs == list(range(1, len(epochs) + 1))
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) - len(epochs) in (0, 1)
    assert all(event.loss == 1 / event.epoch for event in history.epochs)
    assert record.epochs_done == len(epochs)
    assert record.state == (RunState.FINISHED if len(epochs) == 19 and record.error is None else RunState.INTERRUPTED)
    if record.has_weights:
        weights = store.latest_weights(run_id)
        assert weights == bytes([weights[0]]) * 50_000


@pytest.mark.slow
def test_the_store_survives_kill_9_at_any_moment(tmp_path):
    pause = random.Random(3)
    made: list[str] = []
    for _ in range(8):
        made += append_until_killed(tmp_path, pause.uniform(0, 0.2))
        store = RunStore(tmp_path)
        store.interrupt_abandoned()
        listed = {record.id for record in store.list(limit=10_000)}
        assert set(made) <= listed
        assert all(record.state.is_final for record in store.list(limit=10_000))
        for run_id in made:
            check_run(store, run_id)
        store.close()


@pytest.mark.slow
def test_several_processes_can_start_on_one_new_home_at_the_same_time(tmp_path):
    create = "import sys; from pathlib import Path; from core.networks.spec import TrainingSpec; from core.runs.store import RunStore\n"
    create += "store = RunStore(Path(sys.argv[1])); store.interrupt_abandoned()\nfor _ in range(20): store.create(TrainingSpec(), 'abc')"
    processes = [subprocess.Popen([sys.executable, "-c", create, str(tmp_path)], cwd=ROOT) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    store = RunStore(tmp_path)
    assert len(store.list(limit=1000)) == 80
    store.close()
