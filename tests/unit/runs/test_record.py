from __future__ import annotations

import pytest

from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory, RunRecord, RunState
from core.training.events import EpochEnded, Mark, Marked


@pytest.mark.parametrize(
    ("hidden", "title"),
    [
        ((), "mnist no hidden layer"),
        ((DenseLayer(units=784), DenseLayer(units=32)), "mnist 784-32"),
        ((Conv2DLayer(), MaxPoolingLayer(), FlattenLayer(), DropoutLayer(), DenseLayer(units=128)), "mnist 32c3-p2-128"),
        ((Conv2DLayer(filters=8, kernel=5, stride=2), BatchNormalizationLayer(), AveragePoolingLayer(size=3)), "mnist 8c5s2-a3"),
        ((Conv2DLayer(), GlobalAveragePoolingLayer()), "mnist 32c3-mean"),
    ],
)
def test_a_run_is_called_by_its_layers(hidden, title):
    record = RunRecord("0" * 12, RunState.QUEUED, TrainingSpec(dataset="mnist", hidden=hidden), "", 0.0)
    assert record.title == title


def test_a_run_of_a_recipe_is_called_by_it():
    assert RunRecord("0" * 12, RunState.QUEUED, TrainingSpec(recipe="mnist-cnn"), "", 0.0).title == "mnist-cnn"


def test_a_run_is_called_by_the_name_that_its_user_gave_it_everywhere():
    record = RunRecord("0" * 12, RunState.QUEUED, TrainingSpec(recipe="mnist-cnn"), "", 0.0, name="Mine")
    assert (record.title, record.settings_title) == ("Mine", "mnist-cnn")


def test_a_training_lasted_from_its_first_step_to_its_end():
    record = RunRecord("0" * 12, RunState.FINISHED, TrainingSpec(), "", 0.0, started=5.0, ended=7.5)
    assert record.seconds == 2.5
    assert RunRecord("0" * 12, RunState.RUNNING, TrainingSpec(), "", 0.0, started=5.0).seconds is None
    assert RunRecord("0" * 12, RunState.STOPPED, TrainingSpec(), "", 0.0, ended=5.0).seconds is None


def test_a_run_that_learned_on_after_another_had_gone_back_to_its_best_epoch_has_not_gone_back():
    epochs = tuple(EpochEnded(number, 36 * number, 1.0, 0.5, 1.0, 0.5, 1e4, 0.1 * number) for number in (1, 2, 3))
    gone_back = (Marked(Mark.BEST_KEPT, 2, 72, 0.2, 1.0),)
    assert RunHistory(None, (), epochs[:2], gone_back).kept_epoch == epochs[0]
    assert RunHistory(None, (), epochs, gone_back).kept_epoch == epochs[2]
