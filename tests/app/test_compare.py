"""Predict > Compare: two networks on the same images."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import DatasetError
from core.figures.run_curves import label_runs
from core.runs.record import RunState
from core.training.events import ArtefactReady, EpochEnded, Mark, Marked, TrainingStarted
from pages.components import services
from tests.app.conftest import ROOT, STEPS_PER_EPOCH, FakeCompute
from tests.app.rival_networks import DIGITS, RivalCompute, add_network
from tests.app.test_pages import press, texts

NARROW = DIGITS.model_copy(update={"recipe": None, "learning_rate": 0.01})


@pytest.fixture
def rivals(compute: FakeCompute) -> RivalCompute:
    fake = RivalCompute(compute.store)
    services.provide(compute=fake)
    return fake


def look(first: str, second: str | None = None) -> AppTest:
    """The page alone, which takes a third of the time that the whole app takes."""
    page = AppTest.from_file(str(ROOT / "pages/predict/compare.py"), default_timeout=30)
    return _with_address(page, first, second).run()


def look_in_app(app: AppTest, first: str, second: str | None = None) -> AppTest:
    _with_address(app, first, second).run()
    app.switch_page("pages/predict/compare.py")
    return _with_address(app, first, second).run()


def _with_address(app: AppTest, first: str, second: str | None) -> AppTest:
    app.query_params["run"] = first
    if second is not None:
        app.query_params["second"] = second
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def pick(app: AppTest, label: str, value: str) -> None:
    next(group for group in app.button_group if group.label == label).set_value(value).run()


def test_without_any_run_it_offers_to_train_one(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/predict/compare.py").run()
    assert not app.exception and not app.error
    assert "No network has been trained" in said(app)


def test_a_single_run_on_a_set_says_what_to_do(app: AppTest, rivals: RivalCompute) -> None:
    look_in_app(app, add_network(rivals, 10, NARROW))
    assert not app.exception and not app.error
    assert "There is no other trained network on the images of digits" in said(app)
    press(app, "Set up a new run from this one")
    assert [title.value for title in app.title] == ["Build and train"]
    assert app.number_input(key="draft_learning_rate").value == NARROW.learning_rate


def test_runs_on_other_images_are_not_offered_and_it_says_how_many(rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 10), add_network(rivals, 5)
    rivals.sha256 = "0" * 64
    other = rivals.submit(DIGITS)
    rivals.finish(other)
    rivals.submit(DIGITS)
    app = look(first)
    assert not app.exception and not app.error
    [picker] = [box for box in app.selectbox if box.label == "Compared with"]
    assert [option[-4:] for option in picker.options] == [second[:4]]
    assert "1 other run is not offered: it learned from another set" in said(app)


def test_the_verdict_counts_the_images_that_one_alone_reads_right(rivals: RivalCompute) -> None:
    # Of 360 images, the second reads 72 wrong, the first 36 of them.
    first, second = add_network(rivals, 10), add_network(rivals, 5, NARROW)
    app = look(first, second)
    assert not app.exception and not app.error
    assert "On 36 images the first is right where the second is wrong, on 0 the other way round: the first is better" in said(app)
    assert "Both were asked about the same 360 test images." in said(app)
    assert "The difference is 10.0 points (95 % interval" in said(app)
    accuracies, counts, differences = (table.value for table in app.table[:3])
    assert accuracies["Accuracy"].tolist() == ["90.00 %", "80.00 %"]
    assert counts.loc["First is right"].tolist() == ["288", "36"]
    assert "Learning rate" in differences["What differs"].tolist()


def test_settings_alike_are_not_said_to_be_all_where_one_was_stopped_steered_or_continued(rivals: RivalCompute) -> None:
    first, stopped = add_network(rivals, 10), rivals.store.create(DIGITS, rivals.sha256, continues=None).id
    rivals.store.append(stopped, TrainingStarted(4810, 1150, 287, STEPS_PER_EPOCH, {}))
    rivals.store.append(stopped, EpochEnded(1, STEPS_PER_EPOCH, 1.2, 0.6, 1.1, 0.65, 50_000.0, 0.4))
    rivals.store.append(stopped, Marked(Mark.RATE_CHANGED, 2, STEPS_PER_EPOCH + 1, 0.5, 0.1))
    rivals.store.append(stopped, ArtefactReady("weights/epoch-0001.npz", b"weights"))
    rivals.store.append(stopped, ArtefactReady("weights/final.npz", b"weights"))
    kept = {"kept_at": 1.9, "loss": 0.4, "accuracy": 0.9, "validation_loss": 0.4, "validation_accuracy": 0.9}
    rivals.store.finish(stopped, RunState.STOPPED, result={"kept": kept})
    rivals.mistakes[stopped] = 5
    services.ledger().open_test(rivals.sha256, stopped)
    differences = look(first, stopped).table[2].value.set_index("What differs")
    assert list(differences.index) == ["Trained", "Changed while training"]
    assert differences.iloc[:, 1].tolist() == ["1.9 of 40 epochs, stopped", "learning rate x 0.1 in epoch 2"]
    continued = rivals.store.create(DIGITS, rivals.sha256, continues=rivals.store.load(stopped)).id
    rivals.store.describe(stopped, name="Origin")
    rivals.finish(continued)
    rivals.mistakes[continued] = 5
    services.ledger().open_test(rivals.sha256, continued)
    differences = look(first, continued).table[2].value.set_index("What differs")
    assert differences.loc["Continued from"].tolist() == ["no other run", f"Origin ({stopped[:4]})"]


def test_the_second_network_is_in_the_address(rivals: RivalCompute) -> None:
    first, second, third = (add_network(rivals, one_in) for one_in in (10, 5, 7))
    app = look(first, second)
    picker = next(box for box in app.selectbox if box.label == "Compared with")
    assert picker.value == second
    picker.set_value(third).run()
    assert third in app.query_params["second"]


def test_disagreements_are_filtered_by_who_is_right(rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 4), add_network(rivals, 6)
    app = look(first, second)
    # Wrong are 90 and 60 of 360, and 30 both read alike.
    assert "They give different answers to 90 of 360 test images" in said(app)
    assert "Numbers 1 to 24 of 90" in said(app)
    pick(app, "Who is right", "first")
    assert "Numbers 1 to 24 of 30" in said(app)
    pick(app, "Who is right", "neither")
    assert "There is no such image." in said(app)


def test_identical_runs_can_not_be_told_apart_and_disagree_nowhere(rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 10), add_network(rivals, 10)
    app = look(first, second)
    assert not app.exception and not app.error
    assert "There is no image that one of them reads right and the other wrong: no difference was found." in said(app)
    assert "Nothing: the same settings, the same seed, and trained alike." in said(app)
    assert "Nowhere: they give the same answer to all 360 test images." in said(app)
    # The titles are the same, the labels are not.
    labels = label_runs([rivals.store.load(run_id) for run_id in (first, second)])
    assert app.table[0].value["Network"].str.replace("\\", "").tolist() == [f"First: {labels[0]}", f"Second: {labels[1]}"]


def test_a_sealed_test_set_is_opened_for_each_network(rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 10), add_network(rivals, 5, sealed=True)
    app = look(first, second)
    assert not app.exception and not app.error
    assert "are sealed for" in said(app) and "Where they disagree" not in said(app)
    press(app, "Open the test set")
    assert "Where they disagree" in said(app)


def test_validation_images_are_those_that_both_held_back(rivals: RivalCompute) -> None:
    other_seed = DIGITS.model_copy(update={"recipe": None, "split_seed": DIGITS.split_seed + 1})
    first, second = add_network(rivals, 10, sealed=True), add_network(rivals, 5, other_seed, sealed=True)
    app = look(first, second)
    pick(app, "Images", "training")
    assert not app.exception and not app.error
    assert "The first run held back 288 images for validation, the second 288; the two are compared on the" in said(app)


def test_runs_with_no_validation_image_in_common_are_told_apart_from_a_bug(app: AppTest, rivals: RivalCompute) -> None:
    tiny = {"recipe": None, "validation_split": 0.002}
    first = add_network(rivals, 10, DIGITS.model_copy(update=tiny))
    second = add_network(rivals, 5, DIGITS.model_copy(update={**tiny, "split_seed": 1234}))
    look_in_app(app, first, second)
    pick(app, "Images", "training")
    assert not app.exception
    assert "No validation image is held back by both runs" in app.error[0].value


def test_a_set_that_has_changed_is_a_sentence(app: AppTest, rivals: RivalCompute) -> None:
    class Changed(RivalCompute):
        def model_source(self, run_id: str) -> tuple[str, None]:
            raise DatasetError("The data set 'digits' has changed since this run.")

    first, second = add_network(rivals, 10), add_network(rivals, 5)
    services.provide(compute=Changed(rivals.store))
    look_in_app(app, first, second)
    assert not app.exception
    assert "has changed since this run" in app.error[0].value


def test_a_run_without_weights_is_not_offered(rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 10), add_network(rivals, 5)
    failed = rivals.store.create(DIGITS, rivals.store.load(first).dataset_sha256).id
    rivals.store.finish(failed, RunState.FAILED, error="The loss is no longer a number.")
    app = look(first)
    assert not app.exception and not app.error
    [picker] = [box for box in app.selectbox if box.label == "Compared with"]
    assert [option[-4:] for option in picker.options] == [second[:4]]
