"""Baselines on a page: worked out by themselves, with progress, and shown beside an accuracy."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.compute.baselines import baselines_key
from core.compute.jobs import JobProgress, JobState
from core.datasets.catalog import load_digits
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.training.events import EpochEnded, TrainingStarted
from core.training.splitting import split_images
from pages.components import baselines, services
from tests.app.conftest import FakeCompute
from tests.app.test_pages import open_page, read

SPEC = RECIPES["digits-64"].spec


def page() -> None:
    """The newest run beside simple rules."""
    from pages.components import baselines, services

    [record, *_] = services.store().list()
    baselines.render_baselines(record)


@pytest.fixture
def app(compute: FakeCompute) -> AppTest:
    return AppTest.from_function(page, default_timeout=30)


def learn(compute: FakeCompute, validation: float | None = 0.972, sha256: str | None = None, spec: TrainingSpec = SPEC) -> str:
    """A finished run with this validation accuracy."""
    run_id = compute.store.create(spec, sha256 or load_digits().sha256).id
    compute.store.append(run_id, TrainingStarted(4810, 1150, 287, 36, {}))
    loss = None if validation is None else 0.1
    compute.store.append(run_id, EpochEnded(1, 36, 0.1, 0.99, loss, validation, 50_000.0, 1.0))
    compute.finish(run_id)
    return run_id


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.subheader, *app.markdown, *app.caption, *app.info, *app.error])


def test_they_start_by_themselves_and_stand_beside_the_validation_accuracy(app: AppTest, compute: FakeCompute) -> None:
    learn(compute)
    app.run()
    assert not app.exception and not app.error
    table = app.table[0].value
    assert table["Rule"].tolist()[0] == "This network"
    # The run's own split, all of it, for every rule: the network reads every image as a 7.
    split = split_images(SPEC, load_digits().y_train)
    assert set(table["Learned from"].tolist()[1:]) == {f"{len(split.training):,}"}
    assert set(table["Asked about"]) == {str(len(split.validation))}
    assert "It has not learned what there is to learn" in texts(app)
    assert f"were asked about the same {len(split.validation)} validation images" in texts(app)
    assert "what its layers are worth" not in texts(app)


def test_a_run_on_fewer_images_is_compared_with_rules_that_had_as_few(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, spec=SPEC.model_copy(update={"recipe": None, "training_images": 200}))
    app.run()
    assert set(app.table[0].value["Learned from"].tolist()[1:]) == {"200"}


def test_nothing_about_the_test_images_is_shown_on_train(app: AppTest, compute: FakeCompute) -> None:
    learn(compute)
    app.run()
    assert "test image" not in texts(app).lower() and "test half" not in texts(app).lower()
    assert "360" not in app.table[0].value.to_string()


def test_their_progress_is_shown_and_can_be_called_off_and_begun_again(app: AppTest, compute: FakeCompute) -> None:
    learn(compute)
    compute.holds_jobs = True
    app.run()
    assert "once for all runs on the same images" in texts(app)
    for _ in ("the rules", "the network's own answers"):
        next(button for button in app.button if button.label == "Cancel").click().run()
    assert "Called off; nothing of it was kept." in texts(app)
    compute.holds_jobs = False
    for _ in ("the rules", "the network's own answers"):
        next(button for button in app.button if button.label == "Try again").click().run()
        app.run()
    assert len(app.table) == 1


def test_a_failure_is_told_in_words(app: AppTest, compute: FakeCompute) -> None:
    learn(compute)
    key = baselines_key(load_digits(), split_images(SPEC, load_digits().y_train))
    compute.jobs[key] = JobProgress(key, JobState.FAILED, message="No class has more than one training image.")
    app.run()
    assert [read(error.value) for error in app.error] == ["No class has more than one training image."]
    assert [button.label for button in app.button] == ["Try again"]


@pytest.mark.parametrize(
    ("validation", "sha256", "words"),
    [(None, None, ""), (0.97, "0" * 64, "the data set has been changed since this run")],
)
def test_where_there_is_nothing_to_compare_nothing_is_worked_out(
    app: AppTest, compute: FakeCompute, validation: float | None, sha256: str | None, words: str
) -> None:
    learn(compute, validation, sha256)
    app.run()
    assert not app.exception and words in texts(app)
    assert not app.table and compute.jobs == {}


def test_a_set_that_is_gone_is_told_in_words(app: AppTest, compute: FakeCompute) -> None:
    learn(compute, spec=SPEC.model_copy(update={"dataset": "mnist"}))
    app.run()
    assert not app.exception and "There is nothing to compare with." in texts(app)


def test_the_score_page_compares_on_the_test_images(compute: FakeCompute) -> None:
    from tests.app.conftest import ROOT

    run_id = compute.submit(SPEC)
    compute.finish(run_id)
    services.ledger().open_test(load_digits().sha256, run_id)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    open_page(app, "pages/predict/score.py")
    assert not app.exception and not app.error
    [table] = [table.value for table in app.table if "Rule" in table.value]
    assert set(table["Asked about"]) == {"360"}


def test_drawings_that_a_network_was_taught_are_said_to_be_left_out(compute: FakeCompute) -> None:
    run_id = compute.submit(RECIPES["digits-64"].spec)
    compute.store.finish(run_id, RunState.FINISHED, result={"taught_drawings": ["a", "b"]})
    assert "The 2 drawings it was taught are not among them" in baselines._describe_drawings(compute.store.load(run_id))
