"""Before the start: how long it will take, and what fits into 30 seconds."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.compute.jobs import JobProgress, JobState
from core.compute.service import EngineState, EngineStatus
from core.datasets.image_set import ImageSet
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.training.estimate import Timing
from core.training.events import EpochEnded, StepsTaken, TrainingStarted
from pages.components import services, time_estimate
from tests.app.conftest import FakeCompute, find_field
from tests.app.test_pages import read

BUILD = "pages/train/build.py"
SPEC = RECIPES["digits-64"].spec
TIMING = Timing(first_start=2.0, start=2.0, image=0.001, validation_image=0.0005, epoch=0.01)
"""An epoch of the digits takes 1.15 s for 1,149 images in 36 batches, 0.144 s for 288 others, and 0.01 s: 40 of them 54.2 s."""


@pytest.fixture
def digits(compute: FakeCompute) -> ImageSet:
    return services.catalog().load("digits")


def measured(compute: FakeCompute, image_set: ImageSet, timing: Timing, spec: TrainingSpec = SPEC) -> None:
    key = time_estimate.key_of(spec, image_set)
    compute.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, result={"timing": np.array(astuple(timing))})


def phase(looks: int) -> str:
    """The phase of the measurement for the recipe with the digits, looked at so often."""

    def look(looks: int) -> None:
        import streamlit as st

        from core.networks.recipes import RECIPES
        from pages.components import services, time_estimate

        st.text(time_estimate.advance(RECIPES["digits-64"].spec, services.catalog().load("digits"), looks=looks))

    return AppTest.from_function(look, kwargs={"looks": looks}).run().text[0].value


def time_shown(app: AppTest) -> str:
    assert not app.exception and not app.error
    return next(metric.value for metric in app.metric if metric.label == "Time")


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


@pytest.mark.parametrize("damage", ["no history", "no settings of the training"])
def test_a_damaged_run_tells_no_speed_and_hides_no_other(
    app: AppTest, digits: ImageSet, compute: FakeCompute, tmp_path: Path, damage: str
) -> None:
    whole = begin_run(compute, digits)
    compute.finish(whole, RunState.STOPPED)
    broken = begin_run(compute, digits)
    compute.finish(broken, RunState.STOPPED)
    folder = tmp_path / "home" / "runs" / broken
    if damage == "no history":
        (folder / "history.csv").unlink()
    else:
        environment = json.loads((folder / "environment.json").read_bytes())
        (folder / "environment.json").write_text(json.dumps(environment | {"training": {}}))
    app.query_params["run"] = whole
    app.switch_page(BUILD).run()
    assert not app.exception and not app.error
    assert "at the speed of the run digits-64" in captions(app)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def have(app: AppTest, seconds: int) -> str:
    """What is proposed to somebody with so many seconds."""
    app.segmented_control(key="budget").set_value(seconds).run()
    return next((mark.value for mark in app.markdown if "batches of" in mark.value), "")


def test_a_form_that_was_just_changed_is_not_measured_yet(app: AppTest, compute: FakeCompute) -> None:
    app.switch_page(BUILD).run()
    assert time_shown(app) == "-" and "The time is being measured" in captions(app)
    assert not compute.jobs


def test_one_that_has_been_left_alone_is_measured(digits: ImageSet, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    assert phase(2) == "resting" and not compute.jobs
    assert phase(3) == "measuring"
    assert list(compute.jobs) == [time_estimate.key_of(SPEC, digits)]
    assert phase(0) == "measuring"


def test_nothing_is_measured_beside_a_training_or_before_the_engine_is_ready(digits: ImageSet, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    for busy in (replace(compute.state, running=1), replace(compute.state, waiting=1), EngineStatus(EngineState.WARMING_UP, "", 0, 0)):
        compute.state = busy
        assert phase(3) == "busy" and not compute.jobs


def test_a_training_that_starts_calls_the_measurement_off(digits: ImageSet, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    phase(3)
    compute.state = replace(compute.state, running=1)
    assert phase(0) == "busy"
    assert [job.state for job in compute.jobs.values()] == [JobState.CANCELLED]
    compute.state = replace(compute.state, running=0)
    assert phase(3) == "measuring"


def test_a_failure_is_told_and_tried_again_only_when_asked(app: AppTest, digits: ImageSet, compute: FakeCompute) -> None:
    key = time_estimate.key_of(SPEC, digits)
    compute.jobs[key] = JobProgress(key, JobState.FAILED, message="The worker was killed.")
    compute.holds_jobs = True
    assert phase(3) == "failed"
    app.switch_page(BUILD).run()
    assert "could not be measured: The worker was killed." in read(captions(app))
    press(app, "Measure the time again")
    assert compute.jobs[key].state == JobState.RUNNING


def test_what_was_measured_is_shown_with_where_it_comes_from(app: AppTest, digits: ImageSet, compute: FakeCompute) -> None:
    measured(compute, digits, TIMING)
    app.switch_page(BUILD).run()
    assert time_shown(app) == "54 s"
    assert "The time: measured on this machine." in captions(app)
    app.number_input(key="draft_epochs").set_value(1).run()
    assert time_shown(app) == "3.3 s"
    app.number_input(key="draft_patience").set_value(1).run()
    assert "may end earlier" in captions(app)


def begin_run(compute: FakeCompute, image_set: ImageSet) -> str:
    """A run with two epochs of 2 s each, under way."""
    run_id = compute.store.create(SPEC, image_set.sha256).id
    compute.store.append(run_id, TrainingStarted(4810, 1149, 288, 36, {}))
    compute.store.append(run_id, StepsTaken(1, 1, 1.5, 0.5, 1.4, 0.55, 100.0, 1.0))
    for epoch in (1, 2):
        compute.store.append(run_id, EpochEnded(epoch, 36 * epoch, 1.2, 0.6, 1.1, 0.65, 1149 / 1.5, 1.0 + 2.0 * epoch))
    return run_id


def test_what_a_run_has_shown_is_not_measured_so_that_it_can_be_continued_at_once(digits: ImageSet, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    compute.finish(begin_run(compute, digits), RunState.STOPPED)
    assert phase(0) == phase(3) == "measured" and not compute.jobs


def test_a_run_of_the_same_network_says_more_than_a_measurement(app: AppTest, digits: ImageSet, compute: FakeCompute) -> None:
    run_id = begin_run(compute, digits)
    measured(compute, digits, TIMING)
    app.switch_page(BUILD).run()
    assert time_shown(app) == "54 s"
    compute.finish(run_id, RunState.STOPPED)
    app.run()
    # 40 epochs of 2 s after the 2 s that starting was measured to take.
    assert time_shown(app) == "1.4 min"
    assert "at the speed of the run digits-64" in captions(app)


def test_somebody_in_a_hurry_gets_settings_that_fit_and_takes_them(app: AppTest, digits: ImageSet, compute: FakeCompute) -> None:
    measured(compute, digits, TIMING)
    app.switch_page(BUILD).run()
    app.number_input(key="draft_learning_rate").set_value(0.002).run()
    # 23.5 s are left for epochs of 1.31 s.
    assert have(app, 30) == "17 epochs of all 1,149 images, in batches of 32: about 24 s."
    press(app, "Use these settings")
    assert find_field(app, "number_input", "draft_epochs").value == 17 and time_shown(app) == "24 s"
    assert app.segmented_control(key="budget").value is None
    press(app, "Train")
    assert compute.submitted == [SPEC.model_copy(update={"recipe": None, "epochs": 17, "learning_rate": 0.002})]


def test_where_all_images_do_not_fit_there_are_fewer_and_where_nothing_fits_that_is_said(
    app: AppTest, digits: ImageSet, compute: FakeCompute
) -> None:
    measured(compute, digits, replace(TIMING, image=0.01))
    app.switch_page(BUILD).run()
    assert have(app, 30) == "5 epochs of 440 images, in batches of 32: about 25 s."
    measured(compute, digits, replace(TIMING, first_start=60.0, start=60.0))
    assert have(app, 30) == ""
    assert "Not even a short training on a few images fits: it takes about 1 min 1 s." in captions(app)


def test_small_batches_are_made_larger_once_it_is_known_how_much_faster_those_are(
    app: AppTest, digits: ImageSet, compute: FakeCompute
) -> None:
    compute.holds_jobs = True
    measured(compute, digits, replace(TIMING, image=0.01), SPEC.model_copy(update={"batch_size": 2}))
    app.switch_page(BUILD).run()
    app.number_input(key="draft_batch_size").set_value(2).run()
    assert have(app, 30) == "" and "how much faster batches of 32 are" in captions(app)
    assert compute.jobs[time_estimate.key_of(SPEC, digits)].state == JobState.RUNNING
    measured(compute, digits, TIMING)
    assert have(app, 30).startswith("17 epochs of all 1,149 images, in batches of 32")


def test_a_proposal_waits_until_the_time_is_known(app: AppTest) -> None:
    app.switch_page(BUILD).run()
    assert have(app, 120) == "" and "A proposal comes as soon as the time is known." in captions(app)
