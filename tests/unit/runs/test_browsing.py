"""Finding runs among many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.browsing import Order, Wanted, find_runs
from core.runs.record import RunRecord, RunState

FIRST = RunRecord("a" * 12, RunState.FINISHED, TrainingSpec(recipe="digits-64"), "x", 3.0, started=10.0, ended=40.0)
FIRST = replace(FIRST, loss=0.3, accuracy=0.9, validation_accuracy=0.8, name="Zebra", note="With a wide STROKE.")
SECOND = RunRecord("b" * 12, RunState.RUNNING, TrainingSpec(dataset="mnist"), "y", 2.0, started=20.0)
THIRD = RunRecord("c" * 12, RunState.FINISHED, TrainingSpec(recipe="mnist-128", dataset="mnist"), "y", 1.0, started=5.0, ended=6.0)
THIRD = replace(THIRD, loss=0.1, validation_accuracy=0.95)
RECORDS = (FIRST, SECOND, THIRD)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.NEWEST, (FIRST, SECOND, THIRD)),
        (Order.ACCURACY, (THIRD, FIRST, SECOND)),
        (Order.LOSS, (THIRD, FIRST, SECOND)),
        (Order.NAME, (SECOND, THIRD, FIRST)),
        (Order.DATASET, (FIRST, SECOND, THIRD)),
        (Order.DURATION, (THIRD, FIRST, SECOND)),
    ],
)
def test_runs_are_sorted_and_those_without_the_number_come_last(order, expected):
    assert find_runs(RECORDS, Wanted(order=order)) == expected


def test_losses_of_different_kinds_are_not_put_in_one_order():
    squared = replace(THIRD, id="d" * 12, loss=0.001, spec=TrainingSpec(loss="mean_squared_error"))
    penalised = replace(THIRD, id="e" * 12, loss=0.02, spec=TrainingSpec(hidden=(DenseLayer(l2=0.01),)))
    found = find_runs([squared, penalised, FIRST, SECOND, THIRD], Wanted(order=Order.LOSS))
    assert found == (THIRD, FIRST, penalised, squared, SECOND)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), RECORDS),
        (Wanted(dataset="mnist"), (SECOND, THIRD)),
        (Wanted(state=RunState.FINISHED), (FIRST, THIRD)),
        (Wanted(dataset="mnist", state=RunState.FINISHED), (THIRD,)),
        (Wanted(text="zEBRA"), (FIRST,)),
        (Wanted(text="stroke  wide"), (FIRST,)),
        (Wanted(text="digits-64"), (FIRST,)),
        (Wanted(text="mnist"), (SECOND, THIRD)),
        (Wanted(text="stroke narrow"), ()),
        (Wanted(dataset="nothing"), ()),
    ],
)
def test_runs_are_found_by_data_set_state_and_words_of_name_note_and_recipe(wanted, expected):
    assert find_runs(RECORDS, wanted) == expected


def test_runs_go_by_the_accuracy_of_the_weights_they_kept_and_the_choice_says_so():
    # The record holds what its kept weights come to, whatever was measured at an epoch on the way.
    better_once = replace(FIRST, id="f" * 12, state=RunState.STOPPED, validation_accuracy=0.94)
    assert find_runs([better_once, THIRD], Wanted(order=Order.ACCURACY)) == (THIRD, better_once)
    assert all("kept weights" in order for order in (Order.ACCURACY, Order.LOSS))
