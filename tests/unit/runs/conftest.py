from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.runs.store import RunStore
from core.training.events import EpochEnded, StepsTaken, TrainingStarted


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_store(home: Path) -> Iterator[Callable[[], RunStore]]:
    """Another store on the same home, as another process or the next start would have."""
    stores: list[RunStore] = []

    def open_one() -> RunStore:
        stores.append(RunStore(home))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], RunStore]) -> RunStore:
    return open_store()


@pytest.fixture
def started() -> TrainingStarted:
    return TrainingStarted(4810, 1149, 288, 36, {"tensorflow": "2.21.0"})


@pytest.fixture
def step_at() -> Callable[[int], StepsTaken]:
    return lambda step: StepsTaken(1, step, 1 / (step + 1), 0.5, None, None, 1234.5, step / 3)


@pytest.fixture
def epoch_at() -> Callable[[int], EpochEnded]:
    return lambda epoch: EpochEnded(epoch, 36 * epoch, 1 / (epoch + 2), 0.1 * epoch, 0.7, 1 / 3, 98765.4, 0.1 * epoch)
