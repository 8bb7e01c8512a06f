"""Learning curves: what they hold, how they are thinned out, and what is said about them."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import altair
import pytest

from core.figures.curve_chart import build_curve_chart
from core.figures.curves import (
    MAX_POINTS,
    Across,
    CurvesInfo,
    CurveView,
    Point,
    Quantity,
    Series,
    axis_range,
    build_curves,
    curves_table,
    describe_curves,
    describe_turn,
    describe_view,
    smooth,
    thin_out,
)
from core.figures.theme import DARK, LIGHT
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory
from core.training.events import EpochEnded, Mark, Marked, StepsTaken, TrainingStarted

STEPS = 100
STARTED = TrainingStarted(50890, 3200, 400, STEPS, {})


def chunk(step: int, loss: float = 0.5, accuracy: float = 0.8, validation: tuple[float, float] | None = (0.6, 0.75)) -> StepsTaken:
    return StepsTaken(1 + (step - 1) // STEPS, step, loss, accuracy, *(validation or (None, None)), 9000.0, step / 50)


def end(epoch: int, loss: float = 0.4, accuracy: float = 0.85, validation: tuple[float, float] | None = (0.5, 0.8)) -> EpochEnded:
    return EpochEnded(epoch, epoch * STEPS, loss, accuracy, *(validation or (None, None)), 9000.4, epoch * 2.0)


def test_the_horizontal_place_is_the_epoch_as_a_real_number() -> None:
    info = build_curves(RunHistory(STARTED, (chunk(50), chunk(100), chunk(150)), (end(1),)), TrainingSpec(epochs=3))
    assert info.epochs == 3
    assert info.series == (
        Series("Training", (Point(0.5, 0.5, 0.8), Point(1.0, 0.5, 0.8), Point(1.5, 0.5, 0.8)), (Point(1.0, 0.4, 0.85),)),
        Series("Validation", (Point(0.5, 0.6, 0.75), Point(1.0, 0.6, 0.75), Point(1.5, 0.6, 0.75)), (Point(1.0, 0.5, 0.8),)),
    )


def test_without_validation_images_there_is_one_series() -> None:
    info = build_curves(RunHistory(STARTED, (chunk(50, validation=None),), (end(1, validation=None),)), TrainingSpec())
    assert [one.name for one in info.series] == ["Training"]


def test_nothing_said_yet_is_an_empty_chart_over_all_epochs() -> None:
    info = build_curves(RunHistory(), TrainingSpec(epochs=7))
    assert info == CurvesInfo(7, (), ())
    chart = build_curve_chart(info, Quantity.LOSS, LIGHT)
    assert len(chart.data) == 0
    assert chart.spec["encoding"]["x"]["scale"]["domain"] == [0, 7]


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_no_number_leaves_a_gap(broken: float) -> None:
    info = build_curves(RunHistory(STARTED, (chunk(50), chunk(100, loss=broken)), (end(1, loss=broken),)), TrainingSpec())
    assert [point.epoch for point in info.series[0].within] == [0.5]
    assert info.series[0].ends == ()
    assert json.dumps(build_curve_chart(info, Quantity.LOSS, LIGHT).to_dict(), allow_nan=False)


def test_a_long_run_is_thinned_out_but_keeps_its_first_and_last_point() -> None:
    history = RunHistory(STARTED, tuple(chunk(step) for step in range(1, 5001)), tuple(end(epoch) for epoch in range(1, 501)))
    training = build_curves(history, TrainingSpec(epochs=500)).series[0]
    assert len(training.within) == len(training.ends) == MAX_POINTS
    assert (training.within[0].epoch, training.within[-1].epoch) == (0.01, 50.0)
    assert (training.ends[0].epoch, training.ends[-1].epoch) == (1.0, 500.0)


def test_thinning_out_keeps_the_order_and_short_lists() -> None:
    assert thin_out([1, 2, 3], 3) == (1, 2, 3)
    assert thin_out(range(10), 4) == (0, 3, 6, 9)


def ranges(*points: Point, ends: tuple[Point, ...] = ()) -> tuple[float, ...]:
    """Both ends of the axis for loss, then for accuracy."""
    info = CurvesInfo(10, (), (Series("Training", points, ends),))
    return tuple(round(end, 6) for quantity in Quantity for end in axis_range(info, quantity))


def test_the_vertical_axis_leaves_out_the_steep_beginning() -> None:
    steep, later = Point(0.1, 2.3, 0.1), Point(2.0, 0.28, 0.92)
    assert ranges(steep, later, ends=(Point(1.0, 0.6, 0.83),)) == (0.0, 0.7, 0.8, 1.0)
    assert ranges(steep) == (0.0, 3.0, 0.1, 1.0)


def test_all_epoch_ends_are_on_the_vertical_axis() -> None:
    assert ranges(ends=(Point(1.0, 4.0, 0.35), Point(2.0, 0.1, 0.99))) == (0.0, 5.0, 0.3, 1.0)


def test_an_accuracy_of_nearly_one_still_leaves_a_scale() -> None:
    assert ranges(ends=(Point(1.0, 0.0, 1.0),)) == (0.0, 1.0, 0.9, 1.0)


@pytest.mark.parametrize("quantity", Quantity)
def test_while_a_run_goes_on_only_the_data_changes(quantity: Quantity) -> None:
    before = build_curves(RunHistory(STARTED, (chunk(120), chunk(150)), (end(1),)), TrainingSpec(epochs=5))
    after = build_curves(RunHistory(STARTED, (chunk(120), chunk(150), chunk(180)), (end(1),)), TrainingSpec(epochs=5))
    first, second = (build_curve_chart(info, quantity, DARK) for info in (before, after))
    assert first.spec == second.spec
    assert len(second.data) == len(first.data) + 2


def layers(chart: dict[str, Any]) -> list[dict[str, Any]]:
    return list(chart["layer"])


@pytest.mark.parametrize("quantity", Quantity)
def test_training_and_validation_differ_in_colour_dash_and_shape(quantity: Quantity) -> None:
    spec = build_curve_chart(build_curves(RunHistory(), TrainingSpec()), quantity, LIGHT).spec
    _, line, marks, *_ = layers(spec)
    for channel in (spec["encoding"]["color"], line["encoding"]["strokeDash"], marks["encoding"]["shape"]):
        assert channel["scale"]["domain"] == ["Training", "Validation"]
        assert channel["scale"]["range"][0] != channel["scale"]["range"][1]


@pytest.mark.parametrize("quantity", Quantity)
def test_charts_are_sound_vega_lite(quantity: Quantity) -> None:
    info = build_curves(RunHistory(STARTED, (chunk(50), chunk(100)), (end(1),)), TrainingSpec())
    chart = altair.LayerChart.from_dict(build_curve_chart(info, quantity, LIGHT).to_dict())
    assert chart.to_dict()["encoding"]["y"]["field"] == "value"


def test_a_chart_is_built_in_a_fraction_of_the_quarter_second_it_lives() -> None:
    history = RunHistory(STARTED, tuple(chunk(step) for step in range(1, 1001)), tuple(end(epoch) for epoch in range(1, 11)))
    started = time.perf_counter()
    for _ in range(5):
        build_curve_chart(build_curves(history, TrainingSpec()), Quantity.LOSS, LIGHT)
    assert (time.perf_counter() - started) / 5 < 0.05


def test_the_table_has_a_row_for_each_epoch() -> None:
    table = curves_table(build_curves(RunHistory(STARTED, (), (end(1), end(2, accuracy=0.9))), TrainingSpec()))
    assert list(table["Epoch"]) == [1, 2]
    assert list(table["Training accuracy (%)"]) == [85.0, 90.0]
    assert list(table["Validation cross-entropy"]) == [0.5, 0.5]
    squared = curves_table(build_curves(RunHistory(STARTED, (), (end(1),)), TrainingSpec(loss="mean_squared_error")))
    assert {"Training loss (mean squared error)", "Validation loss (mean squared error)"} <= set(squared)
    assert list(table["Images per second of steps alone"]) == [9000, 9000]


def test_the_table_has_no_empty_columns() -> None:
    table = curves_table(build_curves(RunHistory(STARTED, (), (end(1, validation=None),)), TrainingSpec()))
    assert not [name for name in table.columns if "Validation" in name]
    assert curves_table(build_curves(RunHistory(), TrainingSpec())).empty


def test_the_state_is_told_in_a_sentence() -> None:
    spec = TrainingSpec(epochs=10)
    assert describe_curves(build_curves(RunHistory(STARTED), spec)) == "No epoch has ended yet."
    told = describe_curves(build_curves(RunHistory(STARTED, (), (end(5, accuracy=0.971, validation=(0.1, 0.958)),)), spec))
    assert told == "After 5 of 10 epochs: training accuracy 97.1 %, validation 95.8 %."
    alone = describe_curves(build_curves(RunHistory(STARTED, (), (end(1, validation=None),)), TrainingSpec(epochs=1)))
    assert alone == "After 1 of 1 epoch: training accuracy 85.0 %."


def test_a_gap_is_not_called_memorising_and_the_best_epochs_are_told() -> None:
    # The loss turns after epoch 2, the accuracy gets better until epoch 4: a gap that is there from epoch 2 on says neither.
    validation = [(0.5, 0.8), (0.4, 0.84), (0.42, 0.85), (0.45, 0.86)]
    ends = tuple(end(epoch, 0.5 - 0.1 * epoch, 0.85 + 0.03 * epoch, values) for epoch, values in enumerate(validation, 1))
    said = describe_turn(build_curves(RunHistory(STARTED, (), ends), TrainingSpec(epochs=4)))
    assert "validation cross-entropy was lowest after epoch 2, the validation accuracy highest after epoch 4" in said
    assert "A gap to the training curve alone does no harm" in said and "memoris" not in said


def test_nothing_is_said_about_a_turn_before_there_can_be_one() -> None:
    for ends in ((), (end(1),), (end(1, validation=None), end(2, validation=None))):
        assert describe_turn(build_curves(RunHistory(STARTED, (), ends), TrainingSpec())) == ""


def test_a_broken_loss_is_told() -> None:
    told = describe_curves(build_curves(RunHistory(STARTED, (), (end(2, loss=math.nan, accuracy=0.1),)), TrainingSpec(epochs=3)))
    assert told.endswith("The loss is no longer a number.")


HISTORY = RunHistory(
    STARTED,
    tuple(chunk(step, loss=2 / step) for step in range(10, 210, 10)),
    (end(1, loss=0.2), end(2, loss=0.02)),
    (Marked(Mark.RATE_CHANGED, 1, 50, 1.0, 0.5),),
)


def drawn(view: CurveView, quantity: Quantity = Quantity.LOSS) -> Any:
    return build_curve_chart(build_curves(HISTORY, TrainingSpec(epochs=4), view), quantity, LIGHT)


def test_by_steps_the_axis_counts_the_steps_of_the_whole_run() -> None:
    chart = drawn(CurveView(across=Across.STEPS))
    assert chart.spec["encoding"]["x"]["scale"]["domain"] == [0, 4 * STEPS]
    ends = chart.data[(chart.data["kind"] == "end") & (chart.data["series"] == "Training")]
    assert list(ends["epoch"]) == [100, 200]
    assert chart.data[chart.data["kind"] == "mark"]["epoch"].tolist() == [50]


def test_a_log_scale_is_for_the_loss_alone_and_reaches_from_the_smallest_to_the_largest() -> None:
    view = CurveView(log_loss=True)
    loss, accuracy = (drawn(view, quantity).spec["encoding"]["y"]["scale"] for quantity in Quantity)
    assert (loss["type"], loss["domain"]) == ("log", pytest.approx([0.01, 0.7]))
    assert accuracy["type"] == "linear"


@pytest.mark.parametrize(("smallest", "ticks"), [(0.02, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]), (0.0002, [0.0001, 0.001, 0.01, 0.1])])
def test_a_log_scale_has_few_round_ticks(smallest: float, ticks: list[float]) -> None:
    history = RunHistory(STARTED, (), (end(1, loss=0.5, validation=None), end(2, loss=smallest, validation=None)))
    info = build_curves(history, TrainingSpec(), CurveView(log_loss=True))
    assert build_curve_chart(info, Quantity.LOSS, LIGHT).spec["encoding"]["y"]["axis"]["values"] == ticks


def test_a_loss_of_nothing_has_no_place_on_a_log_scale() -> None:
    history = RunHistory(STARTED, (), (end(1, loss=0.5, validation=None), end(2, loss=0.0, validation=None)))
    info = build_curves(history, TrainingSpec(), CurveView(log_loss=True))
    assert axis_range(info, Quantity.LOSS) == (0.1, 1.0)
    assert list(build_curve_chart(info, Quantity.LOSS, LIGHT).data["value"]) == [0.5]
    assert len(build_curve_chart(info, Quantity.ACCURACY, LIGHT).data) == 2


def test_smoothing_adds_means_and_leaves_every_measurement_as_it_was() -> None:
    raw, smoothed = (build_curves(HISTORY, TrainingSpec(), CurveView(smoothing=over)) for over in (0, 5))
    assert [(one.within, one.ends) for one in raw.series] == [(one.within, one.ends) for one in smoothed.series]
    assert not raw.series[0].smoothed and len(smoothed.series[0].smoothed) == 20
    kinds = {tuple(layer["transform"][0].values()) for layer in drawn(CurveView(smoothing=5)).spec["layer"]}
    assert {("datum.kind === 'within'",), ("datum.kind === 'end'",), ("datum.kind === 'smoothed'",)} <= kinds
    assert set(drawn(CurveView(smoothing=5)).data["kind"]) == {"within", "end", "smoothed", "mark"}


def test_where_nothing_was_measured_within_epochs_the_ends_are_smoothed() -> None:
    history = RunHistory(STARTED, (), tuple(end(epoch, loss=float(epoch**2)) for epoch in (1, 2, 3, 4)))
    smoothed = build_curves(history, TrainingSpec(epochs=10), CurveView(smoothing=20)).series[0].smoothed
    assert [point.epoch for point in smoothed] == [1.0, 2.0, 3.0, 4.0]
    assert [point.loss for point in smoothed] == pytest.approx([5 / 2, 14 / 3, 29 / 3, 25 / 2])


def test_a_smoothed_line_does_not_lag_and_stays_on_a_straight_one() -> None:
    places = [float(place) for place in range(9)]
    assert smooth(places, places, 4.0)[2:-2] == pytest.approx(places[2:-2])
    assert smooth(places, [3.0] * 9, 5.0) == pytest.approx([3.0] * 9)
    assert smooth(places, places, 0.5) == pytest.approx(places)


def test_places_far_apart_are_not_smoothed_more_than_others() -> None:
    assert smooth([0.0, 1.0, 2.0, 50.0], [0.0, 1.0, 2.0, 9.0], 2.0) == pytest.approx([0.5, 1.0, 1.5, 9.0])


def test_smoothing_is_said() -> None:
    assert describe_view(CurveView()) == ""
    assert "over 5 % of the width" in describe_view(CurveView(smoothing=5))


def test_a_smoothed_long_run_is_thinned_out_after_it_was_smoothed() -> None:
    steps = tuple(chunk(step, loss=step % 2) for step in range(1, 3001))
    smoothed = build_curves(RunHistory(STARTED, steps), TrainingSpec(epochs=30), CurveView(smoothing=10)).series[0].smoothed
    assert len(smoothed) == MAX_POINTS
    assert [point.loss for point in smoothed] == pytest.approx([0.5] * MAX_POINTS, abs=0.01)


@pytest.mark.parametrize("view", [CurveView(), CurveView(Across.STEPS, log_loss=True, smoothing=7)])
def test_every_view_is_sound_vega_lite(view: CurveView) -> None:
    for quantity in Quantity:
        document = drawn(view, quantity).to_dict()
        assert json.dumps(document, allow_nan=False)
        assert altair.LayerChart.from_dict(document).to_dict()["height"] == 280
