"""The coach on a page: its cards, and one click that fills the form."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.networks.layers import DenseLayer, DropoutLayer
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.training.events import EpochEnded, StepsTaken, TrainingStarted
from tests.app.conftest import FakeCompute

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=32),), epochs=4, validation_split=0.2)


def page() -> None:
    """The draft's settings and the coach on the newest run."""
    import streamlit as st

    from core.networks.spec import read_spec
    from pages.components import coach, services, state

    state.ensure_draft()
    [record, *_] = services.store().list()
    coach.render_coach(record)
    st.code(read_spec(state.draft()).model_dump_json())


@pytest.fixture
def app(compute: FakeCompute) -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def learn(
    compute: FakeCompute,
    spec: TrainingSpec,
    accuracies: list[tuple[float, float]],
    *,
    state: RunState | None = RunState.FINISHED,
    error: str | None = None,
) -> None:
    """A run with these training and validation accuracies by epoch."""
    run_id = compute.store.create(spec, "0" * 64).id
    compute.store.append(run_id, TrainingStarted(4810, 1150, 287, 400, {}))
    compute.store.append(run_id, StepsTaken(1, 1, 2.35, 0.1, 2.35, 0.1, 50_000.0, 0.1))
    for epoch, (accuracy, validation) in enumerate(accuracies, 1):
        compute.store.append(run_id, EpochEnded(epoch, 400 * epoch, 1 - accuracy, accuracy, 1.1 - validation, validation, 50_000.0, epoch))
    if state is not None:
        compute.store.finish(run_id, state, error=error)


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.subheader, *app.markdown, *app.caption, *app.success, *app.error])


def draft(app: AppTest) -> TrainingSpec:
    return TrainingSpec.model_validate_json(app.code[0].value)


MEMORISED = [(0.8, 0.8), (0.9, 0.85), (0.98, 0.86), (1.0, 0.86)]


def test_what_the_curves_say_is_told_with_the_numbers_of_the_run(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, SPEC, MEMORISED)
    app.run()
    assert not app.exception and not app.error
    assert "What the curves say" in texts(app)
    assert "It does far better on images it has learned from" in texts(app)
    assert "Training accuracy 100\\.0 \\%\\, validation 86\\.0 \\%\\: a gap of 14\\.0 points" in texts(app)


def test_one_click_fills_the_form_with_the_experiment_and_trains_nothing(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, SPEC, MEMORISED)
    app.run()
    assert "Filled in" not in texts(app)
    [button] = [button for button in app.button if "dropout" in button.label]
    button.click().run()
    assert draft(app) == SPEC.model_copy(update={"hidden": (DenseLayer(units=32), DropoutLayer(rate=0.3))})
    assert "Filled in on the form: dropout of 0\\.3 behind the Dense layer. Press Train" in texts(app)
    assert compute.submitted == []


def test_the_form_is_no_longer_said_to_be_filled_in_once_another_experiment_is_taken(app: AppTest, compute: FakeCompute) -> None:
    raw = RECIPES["mnist-784-32-raw"].spec.model_copy(update={"dataset": "digits"})
    error = "Training broke off in epoch 2, at step 400: the loss was no longer a number, because the steps grew without limit."
    learn(compute, raw, [(0.11, 0.1)], state=RunState.FAILED, error=error)
    app.run()
    [_, slower] = app.button
    assert slower.label == "Try a learning rate of 0\\.01\\, a tenth"
    slower.click().run()
    assert draft(app).learning_rate == 0.01 and draft(app).scaling == "none"
    app.button[0].click().run()
    assert draft(app).learning_rate == 0.1 and draft(app).scaling == "divide"
    assert len(app.success) == 1 and "pixels scaled to 0" in app.success[0].value


def test_where_nothing_stands_out_a_seed_is_offered(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, SPEC, [(0.9, 0.9), (0.95, 0.95), (0.96, 0.958), (0.962, 0.958)])
    app.run()
    assert "Nothing stands out" in texts(app)
    [button] = app.button
    button.click().run()
    assert draft(app) == SPEC.model_copy(update={"seed": 2})


@pytest.mark.parametrize("state", [None, RunState.FAILED])
def test_a_run_that_is_under_way_or_never_began_gets_no_advice(app: AppTest, compute: FakeCompute, state: RunState | None) -> None:
    if state is None:
        learn(compute, SPEC, MEMORISED, state=None)
    else:
        compute.store.finish(compute.store.create(SPEC, "0" * 64).id, state, error="The worker ran out of memory.")
    app.run()
    assert not app.exception and texts(app) == ""


def test_without_its_images_a_run_is_not_judged_and_the_page_says_why(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, SPEC.model_copy(update={"dataset": "mnist"}), MEMORISED)
    app.run()
    assert not app.exception
    assert "can't be told without the images" in texts(app)
