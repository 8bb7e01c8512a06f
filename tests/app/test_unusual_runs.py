"""Runs that lack something: validation, a whole epoch, a happy end. Every page that shows a run bears them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.training.events import ArtefactReady, EpochEnded, Mark, Marked, StepsTaken, TrainingStarted
from tests.app.conftest import FakeCompute
from tests.app.test_pages import metrics, open_page, texts

DIGITS = RECIPES["digits-64"].spec
PAGES = {
    "Train > Build and train": "pages/train/build.py",
    "Train > Runs": "pages/train/runs.py",
    "Predict > Score": "pages/predict/score.py",
    "Predict > Mistakes": "pages/predict/mistakes.py",
    "Predict > Break it": "pages/predict/break_it.py",
    "Predict > Compare": "pages/predict/compare.py",
    "Predict > Draw": "pages/predict/draw.py",
    "Predict > My handwriting": "pages/predict/handwriting.py",
    "Start": "pages/start/start.py",
}
STARTED = TrainingStarted(4810, 1150, 287, 36, {})
STEP = StepsTaken(1, 18, 1.5, 0.5, 1.4, 0.55, 50_000.0, 0.2, 0.001)
FINAL = ArtefactReady("weights/final.npz", b"weights")


def epoch(number: int, validation: float | None = 0.65) -> EpochEnded:
    loss = None if validation is None else 1.1 / number
    return EpochEnded(number, 36 * number, 1.2 / number, 0.6, loss, validation, 312_148.0, 0.4 * number, 0.001)


def unvalidated(compute: FakeCompute) -> str:
    spec = DIGITS.model_copy(update={"validation_split": 0.0})
    started = TrainingStarted(4810, 1437, 0, 36, {})
    return add(compute, [started, epoch(1, None), epoch(2, None), epoch(3, None), FINAL], spec=spec)


def validated_at_the_end_alone(compute: FakeCompute) -> str:
    """As an earlier Inkling kept a copy that was taught."""
    return add(compute, [STARTED, epoch(1, None), epoch(2, None), epoch(3), FINAL])


def taught_by_an_earlier_inkling(compute: FakeCompute) -> str:
    result = {"taught_drawings": ["a"], "seconds": 1.2}
    return add(compute, [STARTED, epoch(1, None), epoch(2, None), epoch(3), FINAL], result=result)


def stopped_before_an_epoch(compute: FakeCompute) -> str:
    kept = {"kept_at": 0.5, "loss": 1.4, "accuracy": 0.5, "validation_loss": 1.5, "validation_accuracy": 0.48}
    marks = [Marked(Mark.STOPPED, 1, 18, 0.3)]
    return add(compute, [STARTED, STEP, *marks, FINAL], state=RunState.STOPPED, result={"seconds": 0.3, "kept": kept})


def stopped_before_an_epoch_by_an_earlier_inkling(compute: FakeCompute) -> str:
    return add(compute, [STARTED, STEP, FINAL], state=RunState.STOPPED)


def stopped_before_a_step(compute: FakeCompute) -> str:
    return add(compute, [STARTED], state=RunState.STOPPED)


def stopped_before_a_step_by_an_earlier_inkling(compute: FakeCompute) -> str:
    """Which kept its random weights, and how good those were."""
    kept = {"kept_at": 0.0, "loss": 2.6, "accuracy": 0.11, "validation_loss": 2.5, "validation_accuracy": 0.123}
    events = [STARTED, Marked(Mark.STOPPED, 1, 0, 0.1), FINAL]
    return add(compute, events, state=RunState.STOPPED, result={"seconds": 0.1, "kept": kept})


def stopped_in_the_queue(compute: FakeCompute) -> str:
    return add(compute, [], state=RunState.STOPPED)


def failed_at_once(compute: FakeCompute) -> str:
    return add(compute, [], state=RunState.FAILED, error="It could not be built.")


def broke_off(compute: FakeCompute) -> str:
    broken = StepsTaken(2, 40, float("inf"), 0.1, None, None, 50_000.0, 0.5)
    events = [STARTED, STEP, epoch(1), ArtefactReady("weights/epoch-0001.npz", b"weights"), broken]
    return add(compute, events, state=RunState.FAILED, error="Training broke off: the loss was no longer a number.")


def lost_without_weights(compute: FakeCompute) -> str:
    return add(compute, [STARTED, STEP, epoch(1)], state=RunState.INTERRUPTED, error="The engine was lost.")


def running_without_an_epoch(compute: FakeCompute) -> str:
    return add(compute, [STARTED, STEP], state=None)


def add(
    compute: FakeCompute,
    events: list,
    *,
    spec: TrainingSpec = DIGITS,
    state: RunState | None = RunState.FINISHED,
    error: str | None = None,
    result: dict | None = None,
) -> str:
    run_id = compute.store.create(spec, compute.sha256).id
    for event in events:
        compute.store.append(run_id, event)
    if state is not None:
        compute.store.finish(run_id, state, error=error, result=result)
    return run_id


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


RUNS: list[Callable[[FakeCompute], str]] = [
    unvalidated,
    validated_at_the_end_alone,
    taught_by_an_earlier_inkling,
    stopped_before_an_epoch,
    stopped_before_an_epoch_by_an_earlier_inkling,
    stopped_before_a_step,
    stopped_before_a_step_by_an_earlier_inkling,
    stopped_in_the_queue,
    failed_at_once,
    broke_off,
    lost_without_weights,
    running_without_an_epoch,
]


@pytest.mark.slow
@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_every_page_bears_a_run_that_lacks_something(app: AppTest, compute: FakeCompute, make: Callable[[FakeCompute], str]) -> None:
    run_id = make(compute)
    # Of a network that there is not.
    compute.consultations["learn_familiar"] = {}
    for name, page in PAGES.items():
        app.query_params["run"] = run_id
        open_page(app, page)
        assert not app.exception, name
        # What the run itself says of its end may be shown as an error; that something in Inkling went wrong may not.
        assert "Something in Inkling itself" not in texts(app), name


@pytest.mark.slow
@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_it_can_be_chosen_and_compared_on_runs(app: AppTest, compute: FakeCompute, make: Callable[[FakeCompute], str]) -> None:
    run_id = make(compute)
    other = compute.submit(DIGITS)
    compute.finish(other)
    open_page(app, PAGES["Train > Runs"])
    for each in (run_id, other):
        app.checkbox(key=f"tick_{each}").check().run()
        assert not app.exception and "Something in Inkling itself" not in texts(app)


def test_a_copy_that_was_taught_says_how_long_that_took_and_is_not_coached(app: AppTest, compute: FakeCompute) -> None:
    app.query_params["run"] = taught_by_an_earlier_inkling(compute)
    open_page(app, PAGES["Train > Build and train"])
    assert metrics(app)["Took"] == "1.2 s"
    assert "It memorises" not in texts(app) and "is told on My handwriting" in texts(app)


@pytest.mark.parametrize("make", [stopped_before_a_step, stopped_before_a_step_by_an_earlier_inkling, stopped_in_the_queue])
def test_a_run_without_a_step_learned_nothing_wherever_it_is_shown(
    app: AppTest, compute: FakeCompute, make: Callable[[FakeCompute], str]
) -> None:
    run_id = make(compute)
    app.query_params["run"] = run_id
    open_page(app, PAGES["Start"])
    assert "nothing learned" in said(app)
    open_page(app, PAGES["Train > Build and train"])
    assert "12.3 %" not in said(app) and "It learned nothing" in said(app)
    assert metrics(app).get("Epochs trained") in (None, "0 of 40")
    assert {"See what it gets wrong", "Draw something for it to read"}.isdisjoint(link.proto.label for link in app.get("page_link"))
    open_page(app, PAGES["Train > Runs"])
    app.checkbox(key=f"tick_{run_id}").check().run()
    assert "12.3 %" not in said(app) and "nothing learned, 0 of 40 epochs" in said(app)
    for page in ("Predict > Score", "Predict > Mistakes", "Predict > Break it", "Predict > Compare"):
        app.query_params["run"] = run_id
        open_page(app, PAGES[page])
        assert "learned nothing" in said(app) and "12.3 %" not in said(app), page


def test_a_run_that_was_stopped_within_its_first_epoch_says_how_much_of_it_there_was(app: AppTest, compute: FakeCompute) -> None:
    app.query_params["run"] = stopped_before_an_epoch(compute)
    open_page(app, PAGES["Train > Build and train"])
    assert metrics(app)["Epochs trained"] == "0.5 of 40"


def test_a_stopped_run_is_told_by_what_it_was_stopped_with_everywhere(app: AppTest, compute: FakeCompute) -> None:
    kept = {"kept_at": 1.5, "loss": 0.2, "accuracy": 0.9, "validation_loss": 0.3, "validation_accuracy": 0.985}
    events = [STARTED, epoch(1, 0.981), Marked(Mark.STOPPED, 2, 54, 0.6), FINAL]
    run_id = add(compute, events, state=RunState.STOPPED, result={"seconds": 0.6, "kept": kept})
    app.query_params["run"] = run_id
    for name in ("Start", "Train > Runs"):
        open_page(app, PAGES[name])
        assert "98.5 %" in said(app) and "98.1 %" not in said(app), name
    app.checkbox(key=f"tick_{run_id}").check().run()
    assert metrics(app)["Validation accuracy"] == "98.5 %"
    assert "with the weights that it was stopped with, after 1.5 epochs" in said(app)
    assert "validation accuracy 98.5 %, 1.5 of 40 epochs" in said(app)
    open_page(app, PAGES["Predict > Score"])
    assert "(stopped, 1.5 epochs, validation accuracy 98.5 %)" in app.selectbox[0].options[0]
    open_page(app, PAGES["Train > Build and train"])
    assert metrics(app)["Epochs trained"] == "1.5 of 40"
    assert "those after 1.5 epochs, when it was stopped: validation accuracy 98.5 %, the one that all other pages show" in said(app)


def test_images_a_second_and_seconds_give_the_images(app: AppTest, compute: FakeCompute) -> None:
    """What the steps take by themselves, 312,148 images a second, is not what forty epochs in 0.6 s come to."""
    events = [TrainingStarted(4810, 1149, 288, 36, {}), *(epoch(number) for number in range(1, 41)), FINAL]
    app.query_params["run"] = add(compute, events, result={"seconds": 0.6})
    open_page(app, PAGES["Train > Build and train"])
    assert metrics(app) | {"Images a second": "76,600", "Took": "0.6 s"} == metrics(app)
