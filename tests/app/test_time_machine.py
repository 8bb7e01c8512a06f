"""The time machine below a run that has ended: the network of each epoch, from weights and jobs that are there already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.compute.epochs import drawing_key, study_key
from core.compute.jobs import JobProgress, JobState
from core.compute.tasks import ModelSource
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import style_for
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.runs.record import RunState
from core.training.events import ArtefactReady, EpochEnded, TrainingStarted
from pages.components import services
from tests.app.conftest import CLASSES, ROOT, STEPS_PER_EPOCH, FakeCompute
from tests.app.test_pages import metrics, press, read, texts

DIGITS = RECIPES["digits-64"].spec
EPOCHS = (1, 2, 4)

SCRIPT = """
import streamlit as st
from pages.components import services, state, time_machine


def show():
    ink = st.query_params.get("ink")
    if ink:
        state.keep_drawing(bytes.fromhex(ink), (20, 20))
    time_machine.render_time_machine(services.store().load(st.query_params["shown"]))


st.navigation([st.Page(show), st.Page("pages/predict/draw.py", title="Draw")]).run()
"""


class RememberingCompute(FakeCompute):
    """Also knows where a run's network can be built from, so that jobs can be asked for; none of them is ever done."""

    def __init__(self, store) -> None:
        super().__init__(store)
        self.holds_jobs = True

    def model_source(self, run_id: str) -> tuple[str, ModelSource]:
        return f"{run_id}/final.npz", ModelSource(self.store.load(run_id).spec.model_dump_json(), (8, 8), CLASSES, 16, b"")


@pytest.fixture
def remembering(compute: FakeCompute) -> RememberingCompute:
    fake = RememberingCompute(compute.store)
    services.provide(compute=fake)
    return fake


def weights(seed: int) -> bytes:
    drawn = np.random.default_rng(seed).normal(size=(64, 64)).astype(np.float32)
    return pack_weights([drawn, np.zeros(64, np.float32), drawn[:, :10], np.zeros(10, np.float32)], is_compact=True)


def trained(compute: FakeCompute, spec: TrainingSpec = DIGITS, *, kept: tuple[int, ...] = EPOCHS, held_back: int = 287) -> str:
    """A run of four epochs that got better with each."""
    run_id = compute.store.create(spec, services.catalog().load("digits").sha256).id
    compute.store.append(run_id, TrainingStarted(4810, 1150, held_back, STEPS_PER_EPOCH, {}))
    for epoch in range(1, 5):
        share = 0.2 * epoch if held_back else None
        loss = None if share is None else 1 - share
        compute.store.append(run_id, EpochEnded(epoch, 36 * epoch, 1.0, 0.2 * epoch, loss, share, 1e4, epoch))
        if epoch in kept:
            compute.store.append(run_id, ArtefactReady(f"weights/epoch-{epoch:04d}.npz", weights(epoch)))
    compute.finish(run_id)
    return run_id


def look(run_id: str, **parameters: str) -> AppTest:
    """The time machine of a run on a page of its own, beside one that it links to."""
    script = services.settings().home / "app.py"
    script.write_text(SCRIPT)
    (script.parent / "pages").symlink_to(ROOT / "pages")
    app = AppTest.from_file(str(script), default_timeout=30)
    for name, value in {"shown": run_id, **parameters}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def studied(compute: FakeCompute, run_id: str) -> None:
    """The job that reads the validation images is done: of 287 images, 40 more are right in each of the epochs."""
    confusion = np.zeros((3, CLASSES, CLASSES), np.int32)
    for place in range(3):
        confusion[place, 3, 3], confusion[place, 3, 5] = 100 + 40 * place, 187 - 40 * place
    key, result = study_key(run_id, EPOCHS), {"confusion": confusion, "loss": np.array([1.5, 1.25, 1.0], np.float32)}
    compute.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, result=result)


def test_a_run_that_is_trained_or_has_kept_too_little_has_no_time_machine(remembering: RememberingCompute) -> None:
    app = look(remembering.submit(DIGITS))
    assert not app.exception and not app.subheader and not app.select_slider
    app.query_params["shown"] = trained(remembering, kept=(4,))
    app.run()
    assert not app.exception and not app.subheader and not app.select_slider


def test_the_slider_has_the_epochs_that_were_kept_and_says_that_some_are_missing(remembering: RememberingCompute) -> None:
    app = look(trained(remembering))
    [slider] = app.select_slider
    assert ([str(option) for option in slider.options], slider.value) == (["1", "2", "4"], 4)
    assert "On the slider are 3 of 4 epochs" in said(app)
    assert metrics(app)["Validation accuracy"] == "80.0 %"
    assert "64 units of the layer dense" in said(app) and "after step 144" in said(app)


def test_moving_the_slider_shows_the_accuracy_and_the_mistakes_of_that_epoch(remembering: RememberingCompute) -> None:
    run_id = trained(remembering)
    studied(remembering, run_id)
    app = look(run_id)
    assert "180 of 287 validation images are read right, with a cross-entropy of 1.0000" in said(app)
    app.select_slider[0].set_value(2).run()
    assert metrics(app)["Validation accuracy"] == "40.0 %"
    assert "140 of 287 validation images are read right, with a cross-entropy of 1.2500" in said(app)
    assert "3 read as 5, 147 times" in said(app)
    assert "after step 72" in said(app)


def test_the_mistakes_of_every_epoch_are_found_when_asked_for(remembering: RememberingCompute) -> None:
    run_id = trained(remembering)
    app = look(run_id)
    assert study_key(run_id, EPOCHS) not in remembering.jobs
    press(app, "Have each epoch read the validation images")
    assert remembering.jobs[study_key(run_id, EPOCHS)].state == JobState.RUNNING
    assert any(button.label == "Cancel" for button in app.button)


def test_a_run_that_held_no_images_back_says_what_it_is_asked_about(remembering: RememberingCompute) -> None:
    spec = DIGITS.model_copy(update={"recipe": None, "validation_split": 0.0})
    app = look(trained(remembering, spec, held_back=0))
    assert "it looks better than it is" in said(app)
    assert "Validation accuracy" not in metrics(app)
    assert any(button.label == "Have each epoch read the training images" for button in app.button)


def test_without_a_drawing_it_says_where_to_draw(remembering: RememberingCompute) -> None:
    app = look(trained(remembering))
    assert "Draw something, then come back" in said(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Draw something"]


def test_the_last_drawing_is_read_by_every_epoch(remembering: RememberingCompute) -> None:
    run_id = trained(remembering)
    ink = np.zeros((20, 20), np.uint8)
    ink[2:18, 9:12] = 255
    digits = services.catalog().load("digits")
    image = prepare_drawing(ink, style_for(digits), digits.image_shape, digits.max_value).image
    probabilities = np.full((3, 1, CLASSES), 0.02, np.float32)
    probabilities[0, 0, 7] = probabilities[1, 0, 1] = probabilities[2, 0, 1] = 0.82
    key = drawing_key(run_id, EPOCHS, image)
    remembering.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, result={"probabilities": probabilities})
    app = look(run_id, ink=ink.tobytes().hex())
    assert not app.exception and not app.error
    assert "After epoch 4: read as 1 (82.0 %). Since epoch 2 it has been read as 1." in said(app)
    app.select_slider[0].set_value(1).run()
    assert "After epoch 1: read as 7 (82.0 %)." in said(app)
    assert app.table[0].value["Read as"].tolist() == ["7", "1", "1"]


def test_a_set_that_has_changed_is_a_sentence(remembering: RememberingCompute) -> None:
    run_id = remembering.store.create(DIGITS, "0" * 64).id
    for epoch in EPOCHS:
        remembering.store.append(run_id, ArtefactReady(f"weights/epoch-{epoch:04d}.npz", weights(epoch)))
    remembering.store.finish(run_id, RunState.STOPPED)
    app = look(run_id)
    assert not app.exception and not app.select_slider
    assert "has changed since this run learned from it" in said(app)


def test_damaged_weights_are_a_sentence(remembering: RememberingCompute, tmp_path: Path) -> None:
    run_id = trained(remembering)
    (tmp_path / "home" / "runs" / run_id / "weights" / "epoch-0002.npz").write_bytes(b"half a file")
    app = look(run_id)
    app.select_slider[0].set_value(2).run()
    assert not app.exception
    assert "The weights can't be read" in read(app.error[0].value)
