"""Predict > Break it, with an engine that reads everything as a 7 until a test says otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.compute.break_it import measure_curve
from core.compute.jobs import JobFunction, JobProgress, JobState
from core.compute.lanes import Lane
from core.datasets.image_set import Split
from core.networks.recipes import RECIPES
from core.predictions.perturbations import PERTURBATIONS
from core.runs.record import RunState
from core.runs.twins import twin_spec
from core.training.events import ArtefactReady, EpochEnded, TrainingStarted
from pages.components import services, state
from tests.app.conftest import FakeCompute
from tests.app.test_pages import press, texts

DIGITS = RECIPES["digits-64"].spec


class BreakingCompute(FakeCompute):
    """Also measures curves: each strength costs a tenth of the images. What has ink along its left edge is read as a 3."""

    def start_job(self, key: str, function: JobFunction, *arguments: Any, lane: Lane = Lane.JOB, keep: bool = False) -> JobProgress:
        if function is not measure_curve or self.holds_jobs:
            return super().start_job(key, function, *arguments, lane=lane, keep=keep)
        positions = arguments[-2]
        counts = [len(positions) * (10 - place) // 10 for place in range(9)]
        right = np.array([np.arange(len(positions)) < count for count in counts])
        self.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, "", {"right": right})
        return self.jobs[key]

    def predict(self, run_id: str, images: np.ndarray) -> np.ndarray:
        answers = super().predict(run_id, images)
        if images.ndim == 1:
            return answers  # Scoring hands over positions alone.
        inked = images[:, :, 0].sum(axis=1) > 60
        answers[inked] = np.roll(answers[inked], -4, axis=1)
        return answers


@pytest.fixture
def breaking(compute: FakeCompute) -> BreakingCompute:
    fake = BreakingCompute(compute.store)
    services.provide(compute=fake)
    return fake


def trained(compute: FakeCompute, spec=DIGITS, accuracy: float = 0.9, **changes) -> str:
    """A run that ended well, with its test images opened."""
    sha256 = services.catalog().load(spec.dataset).sha256
    run_id = compute.store.create(spec, changes.get("sha256", sha256)).id
    compute.store.append(run_id, TrainingStarted(1293, 144, 100, 41, {}))
    compute.store.append(run_id, EpochEnded(1, 41, 0.3, 0.9, 0.3, accuracy, 1e4, 0.4))
    compute.store.append(run_id, ArtefactReady("weights/final.npz", b"weights"))
    compute.store.finish(run_id, RunState.FINISHED)
    services.ledger().open_test(sha256, run_id)
    return run_id


def look(app: AppTest, run_id: str) -> AppTest:
    app.query_params["run"] = run_id
    app.run()
    app.switch_page("pages/predict/break_it.py").run()
    return app


def shown(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_without_a_run_the_page_offers_to_train_one(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/predict/break_it.py").run()
    assert [button.label for button in app.button if "Train one now" in button.label]
    assert not app.exception


def test_an_image_is_shown_before_and_after_and_nothing_is_changed_at_first(app: AppTest, breaking: BreakingCompute) -> None:
    look(app, trained(breaking))
    assert not app.exception
    assert "Nothing has been changed yet: it reads 7 (90.0 %)." in shown(app)
    assert [slider.key for slider in app.slider if slider.key.startswith("strength_")] == [
        state.strength_key(name) for name in PERTURBATIONS
    ]


def test_it_says_when_the_answer_has_changed_and_reset_takes_everything_back(app: AppTest, breaking: BreakingCompute) -> None:
    look(app, trained(breaking))
    app.slider(key=state.strength_key("inversion")).set_value(1.0).run()
    assert "The answer has changed from 7 (90.0 %) to 3 (90.0 %)." in shown(app)
    press(app, "Reset")
    assert not app.exception
    assert "Nothing has been changed yet" in shown(app)


def test_fast_gradient_noise_is_asked_of_the_network_itself(app: AppTest, breaking: BreakingCompute) -> None:
    breaking.consultations["move_along_slope"] = {"images": np.full((1, 8, 8), 16, np.uint8)}
    look(app, trained(breaking))
    app.slider(key=state.strength_key("fast_gradient")).set_value(0.1).run()
    assert "The answer has changed from 7 (90.0 %) to 3 (90.0 %)." in shown(app)


def test_curves_of_several_runs_are_in_one_chart_and_runs_of_other_images_are_not_offered(app: AppTest, breaking: BreakingCompute) -> None:
    other = trained(breaking, DIGITS.model_copy(update={"recipe": None, "seed": 2}))
    trained(breaking, sha256="1" * 64)
    breaking.submit(DIGITS)
    look(app, trained(breaking))
    assert "At 5 pixels digits-64 falls from 100.0 % to 50.0 %." in shown(app)
    assert "Not offered: 1 that learned from other images and 1 that learned nothing yet." in shown(app)
    app.multiselect[0].select("digits 64").run()
    assert not app.exception
    assert other in app.multiselect[0].value
    assert "digits 64 falls" in shown(app)
    assert "digits-64 and digits 64 read equally many right, 324 of the same 360 test images." in shown(app)
    assert "Each point is of 360 test images" in shown(app)


def test_another_perturbation_is_measured_as_soon_as_it_is_chosen(app: AppTest, breaking: BreakingCompute) -> None:
    look(app, trained(breaking))
    app.selectbox(key="break_curve_name").set_value("scale").run()
    assert "At 0.5 times digits-64 falls from 100.0 % to 50.0 %." in shown(app)
    assert sum(key.startswith("break-") for key in breaking.jobs) == 2


def test_a_curve_under_way_can_be_called_off_and_is_not_begun_again_by_itself(app: AppTest, breaking: BreakingCompute) -> None:
    run_id = trained(breaking)
    look(app, run_id)
    breaking.holds_jobs = True
    app.selectbox(key="break_curve_name").set_value("blur").run()
    press(app, "Cancel")
    assert "Called off" in shown(app)
    app.run()
    assert "Called off" in shown(app)
    assert not app.exception


def test_sealed_test_images_stay_sealed_and_the_shuffle_can_be_tried_all_the_same(app: AppTest, breaking: BreakingCompute) -> None:
    run_id = breaking.store.create(DIGITS, services.catalog().load("digits").sha256).id
    breaking.finish(run_id)
    look(app, run_id)
    assert not app.exception
    assert not breaking.jobs
    assert "Train again on shuffled pixels" in [button.label for button in app.button]


def test_one_click_trains_the_same_network_on_shuffled_pixels(app: AppTest, breaking: BreakingCompute) -> None:
    look(app, trained(breaking))
    press(app, "Train again on shuffled pixels")
    assert breaking.submitted == [twin_spec(DIGITS)]
    assert app.title[0].value == "Build and train"


def test_a_pair_is_compared_image_by_image_on_its_validation_images(app: AppTest, breaking: BreakingCompute) -> None:
    trained(breaking, twin_spec(DIGITS))
    look(app, trained(breaking))
    # Both read every image as a 7.
    assert "The network with the pixels in place and the network with them shuffled read equally many right" in shown(app)
    assert "That does not make them equal" in shown(app)
    assert "Train again on shuffled pixels" not in [button.label for button in app.button]


def test_a_set_that_has_changed_is_told_in_words(app: AppTest, breaking: BreakingCompute) -> None:
    run_id = trained(breaking, sha256="1" * 64)
    look(app, run_id)
    assert not app.exception
    assert f"has changed since run {run_id} learned from it" in shown(app)


def test_validation_images_can_be_spoilt_without_opening_anything(app: AppTest, breaking: BreakingCompute) -> None:
    run_id = breaking.store.create(DIGITS, services.catalog().load("digits").sha256).id
    breaking.finish(run_id)
    look(app, run_id)
    app.segmented_control(key=state.SCORED_IMAGES).set_value(Split.TRAINING).run()
    assert not app.exception
    assert " validation images. This one is labelled" in shown(app)
