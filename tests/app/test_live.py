"""A run on the page: what can be done to it, how its curves are looked at, and looks inside the network."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InklingError
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, Glimpsed, LayerHealth, Mark, Marked, StepsTaken, TrainingStarted
from core.training.steering import Steering
from pages.components import services
from tests.app.conftest import FakeCompute
from tests.app.test_pages import open_page, press, read, texts

BUILD = "pages/train/build.py"
CURVES = ["Loss", "Accuracy"]


class SteeredCompute(FakeCompute):
    """Does to a run what is asked of it, at once."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(store)
        self.wishes = Steering()
        self.continued: list[tuple[str, int]] = []
        self.place: int | None = None

    def queue_position(self, run_id: str) -> int | None:
        return self.place

    def steering(self, run_id: str) -> Steering:
        return self.wishes

    def pause(self, run_id: str) -> None:
        self.wishes = replace(self.wishes, pause=True)
        self.store.append(run_id, Marked(Mark.PAUSED, 2, 40, 0.5))

    def resume(self, run_id: str) -> None:
        self.wishes = replace(self.wishes, pause=False)
        self.store.append(run_id, Marked(Mark.RESUMED, 2, 40, 0.5))

    def change_rate(self, run_id: str, factor: float) -> None:
        if not 1e-3 <= factor <= 1e3:
            raise InklingError(f"The learning rate can't be multiplied by {factor:g}.")
        self.wishes = replace(self.wishes, rate_factor=factor)
        self.store.append(run_id, Marked(Mark.RATE_CHANGED, 2, 40, 0.5, factor))

    def continue_run(self, run_id: str, epochs: int) -> str:
        self.continued.append((run_id, epochs))
        return self.submit(self.store.load(run_id).spec)


@pytest.fixture
def steered(compute: FakeCompute) -> SteeredCompute:
    fake = SteeredCompute(compute.store)
    services.provide(compute=fake)
    return fake


def start_run(compute: SteeredCompute, **settings: object) -> str:
    """A run in its second epoch, on the bundled digits."""
    spec = TrainingSpec(**{"epochs": 10, **settings})
    store = compute.store
    run_id = store.create(spec, services.catalog().load("digits").sha256).id
    store.append(run_id, TrainingStarted(4810, 1150, 287, 36, {"python": "3.11"}))
    store.append(run_id, StepsTaken(1, 18, 1.5, 0.5, 1.4, 0.55, 50_000.0, 0.2, 0.001))
    store.append(run_id, EpochEnded(1, 36, 1.2, 0.6, 1.1, 0.65, 50_000.0, 0.4, 0.001))
    return run_id


def look_inside(compute: SteeredCompute, run_id: str, *, weights: np.ndarray | None = None, dead: float = 0.0) -> None:
    """The network takes each of the first twelve images for a 0, and is sure of it."""
    probabilities = np.full((12, 10), 0.01, "<f4")
    probabilities[:, 0] = 0.91
    layers = (LayerHealth("dense_1", 0.00001, 0.1, 0.4, dead), LayerHealth("output", 0.01, 0.2, 0.3, 0.0))
    pictures = np.ones((3, 8, 8), "<f2") if weights is None else weights
    compute.store.append(run_id, Glimpsed(2, 40, tuple(range(12)), probabilities.tobytes(), layers, pictures.tobytes(), pictures.shape))


def open_run(app: AppTest, run_id: str) -> AppTest:
    app.query_params["run"] = run_id
    return open_page(app, BUILD)


def charts(app: AppTest) -> list[str]:
    """The titles of the run's own charts. The form has one more about the rate, folded away: its schedule."""
    documents = [json.loads(chart.proto.spec) for kind in ("vega_lite_chart", "arrow_vega_lite_chart") for chart in app.get(kind)]
    titles = [document.get("title", {}).get("text") for document in documents]
    titles.remove("Learning rate")
    return [title for title in titles if title in ("Loss", "Accuracy", "Learning rate", "Gradient and activation", "Dead units")]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_a_run_is_paused_and_goes_on(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    open_run(app, run_id)
    press(app, "Pause")
    assert steered.store.load(run_id).state == RunState.PAUSED
    assert "Paused" in texts(app) and "Pause" not in labels(app)
    press(app, "Go on")
    assert steered.store.load(run_id).state == RunState.RUNNING
    assert "step 40 (epoch 1.11): paused, went on" in texts(app)
    assert not app.error and not app.exception


def test_a_run_that_waits_can_only_be_stopped(app: AppTest, steered: SteeredCompute) -> None:
    open_run(app, steered.store.create(TrainingSpec(), "0" * 64).id)
    assert "Stop" in labels(app) and "Pause" not in labels(app)
    assert "Learning rate" not in {block.proto.popover.label for block in app.get("popover")}


def test_another_learning_rate_is_marked_and_drawn(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    open_run(app, run_id)
    assert charts(app) == CURVES
    assert "The learning rate is 0.001 in every step." in texts(app)
    steered.change_rate(run_id, 0.5)
    app.run()
    assert charts(app) == [*CURVES, "Learning rate"]
    assert "step 40 (epoch 1.11): learning rate x 0.5" in texts(app)


def test_a_schedule_is_drawn_from_the_start(app: AppTest, steered: SteeredCompute) -> None:
    open_run(app, start_run(steered, schedule="cosine"))
    assert charts(app) == [*CURVES, "Learning rate"]


def test_curves_are_looked_at_in_other_ways_and_stay_so_on_other_pages(app: AppTest, steered: SteeredCompute) -> None:
    open_run(app, start_run(steered))
    app.slider(key="curve_smoothing").set_value(15)
    app.toggle(key="curve_log_loss").set_value(True).run()
    assert "over 15 % of the width" in texts(app)
    open_page(app, "pages/start/start.py")
    open_page(app, BUILD)
    assert app.slider(key="curve_smoothing").value == 15
    assert app.toggle(key="curve_log_loss").value
    assert not app.error


def test_images_are_shown_with_what_the_network_takes_them_for(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    look_inside(steered, run_id)
    open_run(app, run_id)
    right = int((services.catalog().load("digits").y_train[:12] == 0).sum())
    assert f"After step 40 it reads {right} of these 12 right" in texts(app)
    assert "12 validation images" in texts(app)
    assert charts(app) == CURVES


def test_images_that_have_changed_are_not_shown(app: AppTest, steered: SteeredCompute) -> None:
    steered.sha256 = "0" * 64
    run_id = steered.submit(TrainingSpec())
    look_inside(steered, run_id)
    open_run(app, run_id)
    assert "have changed since this run" in texts(app)


def test_images_that_are_gone_are_told_and_the_curves_stay(app: AppTest, steered: SteeredCompute) -> None:
    run_id = steered.submit(TrainingSpec(dataset="mnist"))
    look_inside(steered, run_id)
    open_run(app, run_id)
    assert charts(app) == CURVES
    assert any("MNIST" in info.value for info in app.info)


def test_the_first_weights_are_shown_or_it_is_said_why_not(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    look_inside(steered, run_id)
    open_run(app, run_id)
    app.segmented_control(key="glimpse_part").set_value("First weights").run()
    assert "3 units of the layer dense_1 after step 40" in texts(app)
    look_inside(steered, run_id, weights=np.empty(0, "<f2"))
    app.run()
    assert "does not see the image itself" in texts(app)
    assert not app.error


def test_layers_are_told_in_words_and_numbers(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    look_inside(steered, run_id, dead=0.75)
    open_run(app, run_id)
    app.segmented_control(key="glimpse_part").set_value("Layers").run()
    assert "1,000 times smaller" in texts(app)
    assert "dense_1 (75 %) are dead" in texts(app)
    assert app.table[0].value["Layer"].tolist() == ["dense_1", "output"]
    assert charts(app) == [*CURVES, "Gradient and activation", "Dead units"]


def test_a_run_without_a_look_shows_its_curves_alone(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    steered.finish(run_id)
    open_run(app, run_id)
    assert charts(app) == CURVES
    assert not app.segmented_control(key="curve_across").disabled
    assert "glimpse_part" not in {control.key for control in app.segmented_control}


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.INTERRUPTED])
def test_a_run_that_has_ended_goes_on_for_more_epochs(app: AppTest, steered: SteeredCompute, state: RunState) -> None:
    run_id = start_run(steered)
    keep_epoch(steered, run_id, 1)
    steered.finish(run_id, state, error="It ended.")
    open_run(app, run_id)
    app.number_input(key=f"more_epochs_{run_id}").set_value(7).run()
    press(app, "Continue")
    assert steered.continued == [(run_id, 7)]
    assert app.query_params["run"] != [run_id]
    assert "Learning" in texts(app)


def keep_epoch(compute: SteeredCompute, run_id: str, number: int) -> None:
    compute.store.append(run_id, ArtefactReady(f"weights/epoch-{number:04d}.npz", b"weights"))


def test_continuing_says_what_it_goes_on_from_and_what_is_not_taken_along(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    keep_epoch(steered, run_id, 1)
    steered.change_rate(run_id, 0.1)
    steered.store.append(run_id, StepsTaken(2, 68, 0.5, 0.9, 0.5, 0.9, 50_000.0, 0.7, 0.0001))
    kept = {"kept_at": 1.9, "loss": 0.4, "accuracy": 0.9, "validation_loss": 0.4, "validation_accuracy": 0.9}
    steered.store.finish(run_id, RunState.STOPPED, result={"kept": kept})
    open_run(app, run_id)
    assert "Goes on from the end of epoch 1 as a new run" in texts(app)
    assert "The 0.9 epochs until it was stopped are not taken along but trained anew" in texts(app)
    assert "not 0.1 times that, as you had changed it" in texts(app)


def test_continuing_says_that_the_best_epoch_is_not_what_it_goes_on_from(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered, keep_best=True)
    steered.store.append(run_id, EpochEnded(2, 72, 1.1, 0.7, 1.2, 0.6, 50_000.0, 0.8, 0.001))
    for number in (1, 2):
        keep_epoch(steered, run_id, number)
    steered.store.append(run_id, Marked(Mark.BEST_KEPT, 2, 72, 0.8, 1.0))
    steered.finish(run_id)
    open_run(app, run_id)
    assert "It does not go on from the weights of epoch 1, the best, which the other pages use, but from the last." in texts(app)
    assert "The weights that it kept are those of epoch 1, the best" in texts(app)


def test_continuing_a_run_that_broke_off_goes_on_from_the_last_epoch_that_was_saved(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    keep_epoch(steered, run_id, 1)
    steered.store.append(run_id, EpochEnded(2, 72, 1.1, 0.7, 1.0, 0.7, 50_000.0, 0.8, 0.001))
    steered.store.finish(run_id, RunState.INTERRUPTED, error="It ended.")
    open_run(app, run_id)
    assert "Goes on from the end of epoch 1" in texts(app) and "The weights of later epochs were lost when it broke off" in texts(app)


def test_a_click_that_arrives_twice_is_told_from_two_clicks() -> None:
    def ask() -> None:
        import streamlit as st

        from pages.components import state

        st.text([state.is_echo(action) for action in ("continue 1", "continue 1", "continue 2")])

    assert AppTest.from_function(ask).run().text[0].value == "[False, True, False]"


def test_a_run_without_a_whole_epoch_or_with_all_epochs_there_can_be_is_not_continued(app: AppTest, steered: SteeredCompute) -> None:
    early = steered.store.create(TrainingSpec(), "0" * 64).id
    steered.store.finish(early, RunState.STOPPED)
    open_run(app, early)
    assert "Continue" not in labels(app) and not app.error
    full = start_run(steered, epochs=500)
    steered.store.append(full, EpochEnded(500, 18_000, 1.2, 0.6, 1.1, 0.65, 50_000.0, 0.4, 0.001))
    keep_epoch(steered, full, 500)
    steered.finish(full)
    open_run(app, full)
    assert "After 500 of 500 epochs" in texts(app)
    assert "Continue" not in labels(app)


def test_a_run_that_failed_says_why_and_shows_the_curves_until_then(app: AppTest, steered: SteeredCompute) -> None:
    run_id = start_run(steered)
    steered.store.append(run_id, EpochEnded(2, 72, math.nan, 0.1, math.nan, 0.1, 50_000.0, 0.8, 0.001))
    steered.finish(run_id, RunState.FAILED, error="The loss was no longer a number.")
    open_run(app, run_id)
    assert [read(error.value) for error in app.error] == ["The loss was no longer a number."]
    assert charts(app) == CURVES


def test_a_run_that_waits_behind_a_paused_one_says_so(app: AppTest, steered: SteeredCompute) -> None:
    paused = start_run(steered)
    steered.pause(paused)
    waiting = steered.store.create(TrainingSpec(), services.catalog().load("digits").sha256).id
    steered.place = 1
    open_run(app, waiting)
    assert "is paused and keeps its place: let it go on, or stop it, on Runs." in texts(app)
