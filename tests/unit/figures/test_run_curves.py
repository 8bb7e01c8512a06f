"""Several runs in one chart, and side by side in a table."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from core.figures.comparison import NONE, build_results, describe_kept, differences_table, results_table
from core.figures.curves import Quantity
from core.figures.run_curves import (
    DASHES,
    MAX_RUNS,
    RUN_COLOURS,
    SHAPES,
    Against,
    RunPoint,
    axis_range,
    build_run_chart,
    build_run_curves,
    describe_run_curves,
    label_runs,
    split_by_loss,
)
from core.figures.theme import THEMES
from core.intervals import wilson_interval
from core.networks.spec import TrainingSpec
from core.runs.comparing import Difference, describe_epoch, describe_epochs
from core.runs.live import summarise
from core.runs.record import RunHistory, RunRecord, RunState
from core.training.events import EpochEnded, Mark, Marked, TrainingStarted
from tests.unit.figures.test_theme import contrast

STARTED = TrainingStarted(4810, 900, 100, 29, {})


def record(number: int, name: str | None = None) -> RunRecord:
    return RunRecord(f"{number:012x}", RunState.FINISHED, TrainingSpec(recipe="digits-64"), "abc", 0.0, 1.0, 3.0, name=name)


def ended(epoch: int, accuracy: float, validation: float | None) -> EpochEnded:
    loss = None if validation is None else 2 - validation
    return EpochEnded(epoch, 29 * epoch, 2 - accuracy, accuracy, loss, validation, 1e4, 0.5 * epoch)


def as_told(record: RunRecord, history: RunHistory) -> tuple[RunRecord, RunHistory]:
    """As the store has it."""
    return replace(record, **summarise(history)), history


GOOD = as_told(record(1, "Good"), RunHistory(STARTED, (), (ended(1, 0.5, 0.6), ended(2, 0.9, 0.8))))
POOR = as_told(record(2, "Poor"), RunHistory(STARTED, (), (ended(1, 0.3, 0.4), ended(2, 0.4, 0.5))))
UNCHECKED = as_told(record(3, "Unchecked"), RunHistory(replace(STARTED, validation_images=0), (), (ended(1, 0.7, None),)))
EMPTY = (record(4, "Empty"), RunHistory())


def test_a_line_follows_the_validation_images_or_else_the_training_images():
    info = build_run_curves([GOOD, UNCHECKED, EMPTY])
    assert [(line.label, line.is_validation) for line in info.lines] == [("Good", True), ("Unchecked", False)]
    assert info.lines[0].points == (RunPoint(1, 0.5, 1.4, 0.6), RunPoint(2, 1.0, 1.2, 0.8))
    assert info.lines[1].points == (RunPoint(1, 0.5, 1.3, 0.7),)


def test_losses_of_different_kinds_are_never_in_one_chart_and_in_a_table_each_says_its_own() -> None:
    squared = (replace(POOR[0], spec=TrainingSpec(loss="mean_squared_error")), POOR[1])
    info = build_run_curves([GOOD, squared, UNCHECKED])
    with pytest.raises(ValueError, match="different kinds"):
        build_run_chart(info, Quantity.LOSS, Against.EPOCHS, THEMES["light"])
    first, second = split_by_loss(info)
    assert [line.label for line in first.lines] == ["Good", "Unchecked"] and second.lines == (info.lines[1],)
    chart = build_run_chart(second, Quantity.LOSS, Against.EPOCHS, THEMES["light"])
    assert chart.spec["title"]["subtitle"] == "mean squared error"
    # The line looks as it does in the chart of the accuracy, which has all of them.
    assert chart.spec["encoding"]["color"]["scale"]["range"] == [RUN_COLOURS["light"][1]]
    told = results_table(build_results([GOOD, squared]))["Validation loss, each of its own kind"].tolist()
    assert told == ["1.2000 (cross-entropy)", "1.5000 (mean squared error)"]
    assert results_table(build_results([GOOD, POOR]))["Validation loss: cross-entropy"].tolist() == ["1.2000", "1.5000"]


def test_a_loss_that_is_no_number_leaves_a_gap_and_breaks_nothing():
    broken = replace(ended(2, 0.1, 0.1), validation_loss=math.nan)
    info = build_run_curves([(record(1), RunHistory(STARTED, (), (ended(1, 0.5, 0.6), broken)))])
    assert [point.epoch for point in info.lines[0].points] == [1]


def test_labels_are_short_and_like_no_other():
    long = record(5, "x" * 80)
    assert label_runs([record(1), record(2), record(3, "Mine"), long]) == ("digits-64 (0000)", "digits-64 (0000)", "Mine", "x" * 33 + "…")


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_runs_differ_in_colour_dash_and_shape_and_stand_out_from_the_page(theme):
    for values in (RUN_COLOURS[theme.name], DASHES, SHAPES):
        assert len({str(value) for value in values}) == MAX_RUNS
    assert all(contrast(colour, theme.background) >= 3 for colour in RUN_COLOURS[theme.name])


def test_there_are_never_more_lines_than_can_be_told_apart():
    with pytest.raises(ValueError, match="at most 6"):
        build_run_curves([GOOD] * 7)


@pytest.mark.parametrize("against", Against)
@pytest.mark.parametrize("quantity", Quantity)
def test_the_chart_has_a_row_for_each_point_and_a_legend_with_the_names(quantity, against):
    chart = build_run_chart(build_run_curves([GOOD, POOR]), quantity, against, THEMES["light"])
    expected = [1.4, 1.2, 1.6, 1.5] if quantity == Quantity.LOSS else [0.6, 0.8, 0.4, 0.5]
    assert chart.data["value"].tolist() == expected
    assert chart.data["run"].tolist() == ["Good", "Good", "Poor", "Poor"]
    assert chart.spec["encoding"]["color"]["scale"]["domain"] == ["Good", "Poor"]
    assert chart.spec["encoding"]["x"]["field"] == {"epochs": "epoch", "seconds": "seconds"}[against]
    assert chart.spec["encoding"]["x"]["scale"]["domain"][1] > chart.data[chart.spec["encoding"]["x"]["field"]].max()


def test_the_steep_beginning_of_a_loss_does_not_flatten_the_rest():
    epochs = tuple(replace(ended(number, 0.9, 0.9), validation_loss=100.0 if number == 1 else 0.4) for number in range(1, 9))
    info = build_run_curves([(record(1), RunHistory(STARTED, (), epochs))])
    assert axis_range(info, Quantity.LOSS) == (0.0, 0.5)
    assert axis_range(info, Quantity.ACCURACY) == (0.9, 1.0)


def test_the_sentence_names_the_lines_that_look_better_than_they_are_and_no_leader():
    assert describe_run_curves(build_run_curves([POOR, GOOD])).endswith("All points are of validation images, of all those held back.")
    assert "Of Unchecked no images were held back" in describe_run_curves(build_run_curves([GOOD, UNCHECKED]))
    assert describe_run_curves(build_run_curves([EMPTY])) == "None of these runs has completed an epoch."


def test_a_result_has_the_interval_of_its_validation_images():
    [good, unchecked, empty] = build_results([GOOD, UNCHECKED, EMPTY])
    assert (good.epoch, good.accuracy, good.loss, good.images) == (2, 0.8, 1.2, 100)
    # Wilson's interval of 80 in 100.
    assert good.interval == pytest.approx((0.7112, 0.8666), abs=1e-4)
    assert (unchecked.epoch, unchecked.accuracy, unchecked.interval) == (1, None, None)
    assert (empty.epoch, empty.accuracy) == (None, None)


def test_runs_are_not_compared_by_seconds_that_a_busy_computer_makes_longer():
    slow = replace(GOOD[0], id="fedcba987654", name="Slow", trained_seconds=39.0)
    table = results_table(build_results([GOOD, (slow, GOOD[1])]))
    assert list(table["Epoch"]) == ["2", "2"]
    assert not any("39" in str(value) or " s" in str(value) for value in table.to_numpy().flat)


def test_a_run_that_went_back_to_its_best_epoch_is_judged_by_that():
    history = replace(POOR[1], marks=(Marked(Mark.BEST_KEPT, 2, 58, 1.0, 1.0),))
    assert build_results([as_told(POOR[0], history)])[0].accuracy == 0.4


def test_a_stopped_run_is_as_good_as_the_weights_that_it_was_stopped_with():
    """Its last whole epoch would put Good ahead of it."""
    stopped = replace(POOR[0], state=RunState.STOPPED, validation_accuracy=0.85, validation_loss=0.4, kept_at=2.98)
    [result] = build_results([(stopped, POOR[1])])
    assert (result.accuracy, result.loss, result.epoch) == (0.85, 0.4, 2.98)
    assert result.interval == wilson_interval(85, 100)
    assert results_table([result]).iloc[0]["Epoch"] == "2.9"


@pytest.mark.parametrize(("epoch", "words"), [(3.0, "3"), (3.42, "3.4"), (2.98, "2.9"), (0.001, "0.1"), (0.0, "0")])
def test_an_epoch_that_was_not_completed_is_never_a_whole_one(epoch, words):
    assert describe_epoch(epoch) == words


def test_a_run_says_which_weights_it_kept_where_its_curves_end_with_others() -> None:
    stopped = replace(POOR[0], state=RunState.STOPPED, validation_accuracy=0.974, kept_at=2.9, has_weights=True)
    assert describe_epochs(stopped) == "2.9 epochs"
    assert describe_kept(stopped) == (
        "The weights that it kept are those after 2.9 epochs, when it was stopped: validation accuracy 97.4 %, the one that all other "
        "pages show."
    )
    assert "are those of epoch 1, the best: validation accuracy 97.4 %" in describe_kept(replace(stopped, kept_at=1.0))
    assert "epoch 1, the last that were saved" in describe_kept(replace(stopped, state=RunState.INTERRUPTED, kept_at=1.0))
    assert describe_kept(replace(stopped, kept_at=2.0)) == "" and describe_epochs(replace(stopped, kept_at=1.0)) == "2 epochs"


def test_a_run_of_an_earlier_version_says_what_it_had():
    record, history = GOOD
    assert build_results([(replace(record, kept_at=None), history)])[0].epoch == 2


def test_the_table_is_text_with_a_dash_where_there_is_nothing():
    table = results_table(build_results([GOOD, EMPTY]))
    assert table.iloc[0].tolist() == ["Good", "80.0 % (71.1 to 86.7 %)", "1.2000", "2"]
    assert table.iloc[1].tolist() == ["Empty", NONE, NONE, NONE]


def test_differences_are_a_row_for_each_setting_and_a_column_for_each_run():
    table = differences_table([Difference("Seed", ("1", "2"))], ["Good", "Poor"])
    pd.testing.assert_frame_equal(table, pd.DataFrame({"What differs": ["Seed"], "Good": ["1"], "Poor": ["2"]}))
