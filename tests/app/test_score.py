"""Predict > Score: the seal of the test set, four parts, and the images behind every number."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.catalog import load_digits
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.record import RunRecord
from core.shipped.card import load_card
from pages.components import scoring, services
from pages.components.words import plain
from tests.app.conftest import FakeCompute
from tests.app.test_pages import metrics, open_page, press, texts

SPEC = RECIPES["digits-64"].spec
SHA256 = load_digits().sha256


def train(compute: FakeCompute, spec: TrainingSpec = SPEC) -> RunRecord:
    run_id = compute.submit(spec)
    compute.finish(run_id)
    return compute.store.load(run_id)


def open_score(app: AppTest, compute: FakeCompute, part: str | None = None) -> RunRecord:
    """The page of a run whose test set is open."""
    record = train(compute)
    services.ledger().open_test(SHA256, record.id)
    open_page(app, "pages/predict/score.py")
    if part is not None:
        app.segmented_control(key="view").set_value(part).run()
    assert not app.exception and not app.error
    return record


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def headings(app: AppTest) -> list[str]:
    """What the images are the images of."""
    return [element.value for element in app.markdown if element.value.startswith("**")]


def test_test_images_are_sealed_until_somebody_opens_them_for_this_network(app: AppTest, compute: FakeCompute) -> None:
    record = train(compute)
    open_page(app, "pages/predict/score.py")
    assert not app.exception and not app.metric
    assert "The 360 test images of" in texts(app) and "are sealed for" in texts(app)
    assert "No network's answers to these test images have been looked at on this machine yet." in texts(app)
    assert compute.jobs == {}
    press(app, "Open the test set")
    assert services.ledger().is_open(SHA256, record.id)
    assert metrics(app)["Test accuracy"] == "10.0 %"
    assert "The answers of 1 network to these test images" in texts(app)


def test_an_opened_set_stays_open_for_its_network_and_sealed_for_the_next(app: AppTest, compute: FakeCompute) -> None:
    first = open_score(app, compute)
    assert "Open the test set" not in labels(app)
    second = train(compute)
    app.query_params["run"] = second.id
    app.run()
    assert "Open the test set" in labels(app)
    press(app, "Open the test set")
    assert "The answers of 2 networks to these test images" in texts(app)
    app.query_params["run"] = first.id
    app.run()
    assert metrics(app)["Test accuracy"] == "10.0 %"


def test_validation_images_need_no_opening_and_count_as_no_look(app: AppTest, compute: FakeCompute) -> None:
    train(compute)
    open_page(app, "pages/predict/score.py")
    app.segmented_control(key="scored_images").set_value("training").run()
    assert not app.exception and not app.error
    assert "Validation accuracy" in metrics(app) and "Open the test set" not in labels(app)
    assert "Choose by these images, not by test images." in texts(app)
    assert services.ledger().count_openings(SHA256) == 0


def test_a_run_that_held_nothing_back_says_so(app: AppTest, compute: FakeCompute) -> None:
    train(compute, SPEC.model_copy(update={"validation_split": 0.0}))
    open_page(app, "pages/predict/score.py")
    app.segmented_control(key="scored_images").set_value("training").run()
    assert not app.exception and not app.error
    assert "held no images back for validation" in texts(app)


def test_the_summary_has_every_accuracy_with_its_interval(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute)
    shown = metrics(app)
    assert shown["Test accuracy"] == "10.0 %"
    assert shown["95 % interval"] == "7.3 to 13.5 %"
    # All others are equally probable, so the runner-up is always 0; there are 36 of either.
    assert shown["Top-2 accuracy"] == "20.0 %"
    assert shown["95 % interval of top-2"] == "16.2 to 24.4 %"
    assert "36 of 360 test images are read right" in texts(app)
    assert "The most common mistakes" in texts(app)


def test_the_images_behind_the_accuracy_can_be_chosen(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute)
    assert "Numbers 1 to 24 of 324 images of 360 test images" in texts(app)
    app.segmented_control(key="score_group").set_value("Read right").run()
    assert "Numbers 1 to 24 of 36 images of 360 test images" in texts(app)


def test_each_class_has_its_images(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute, "Classes")
    assert plain("Recall is lowest for 0, 1, 2 and 6 others (0.0 % each) and highest for 7 (100.0 %).") in texts(app)
    assert "**Images of 0**" in headings(app)
    app.selectbox(key="score_class_digits").select(7).run()
    assert "**Images of 7**" in headings(app)
    app.segmented_control(key="score_class_measure").set_value("precision").run()
    assert "**Images read as 7**" in headings(app)
    assert "of 360 images of 360 test images" in texts(app)
    app.segmented_control(key="score_class_measure").set_value("f1").run()
    assert not app.exception and not app.error and "**Images of 7 or read as 7**" in headings(app)


def test_the_matrix_opens_at_the_most_common_mistake_and_any_cell_can_be_chosen(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute, "Confusion")
    [heading] = headings(app)
    assert heading.endswith("read as 7**") and heading != "**7 read as 7**"
    app.selectbox(key="confusion_true_digits").select(3).run()
    assert "**3 read as 7**" in headings(app)
    app.selectbox(key="confusion_read_digits").select(5).run()
    assert "**3 read as 5**" in headings(app)
    assert "No test image is behind this number." in texts(app)


@pytest.mark.parametrize("number", ["share of the true class", "share of the answer"])
def test_the_cells_may_hold_shares(app: AppTest, compute: FakeCompute, number: str) -> None:
    open_score(app, compute, "Confusion")
    app.segmented_control(key="confusion_number").set_value(number).run()
    assert not app.exception and not app.error
    assert "The numbers are percent." in texts(app)


def test_two_classes_are_set_side_by_side(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute, "Confusion")
    app.selectbox(key="confusion_true_digits").select(3).run()
    app.toggle(key="confusion_both").set_value(True).run()
    assert not app.exception and not app.error
    assert {"**3 and 7**", "**3 read as 7**", "**7 read as 3**"} <= set(headings(app))
    assert plain("In doubt between the two, the network says 7 more often.") in texts(app)
    assert app.table[0].value["read as 7"].tolist() == [37, 36]


def test_the_confidence_has_its_bins_and_their_images(app: AppTest, compute: FakeCompute) -> None:
    open_score(app, compute, "Confidence")
    assert "No answer is surer than 95 %; 10.0 % of the 360 are right." in texts(app)
    assert "No test image is behind this number." in texts(app)
    app.selectbox(key="confidence_bin").select(18).run()
    assert "of 360 images of 360 test images" in texts(app)
    app.toggle(key="confidence_wrong").set_value(True).run()
    assert not app.exception and not app.error


def test_the_part_in_the_address_opens(app: AppTest, compute: FakeCompute) -> None:
    services.ledger().open_test(SHA256, train(compute).id)
    app.query_params["view"] = "Confusion"
    app.run()
    app.switch_page("pages/predict/score.py")
    app.query_params["view"] = "Confusion"
    app.run()
    assert app.selectbox(key="confusion_read_digits").value == 7


def test_a_score_that_takes_longer_shows_how_far_it_is_and_can_be_called_off(app: AppTest, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    open_score(app, compute)
    assert "Cancel" in labels(app) and not app.metric
    press(app, "Cancel")
    assert "Called off; nothing of it was kept." in texts(app)
    compute.holds_jobs = False
    press(app, "Try again")
    app.run()
    assert metrics(app)["Test accuracy"] == "10.0 %"


def test_a_set_that_is_gone_is_told_in_words(app: AppTest, compute: FakeCompute) -> None:
    train(compute, SPEC.model_copy(update={"dataset": "mnist"}))
    open_page(app, "pages/predict/score.py")
    assert not app.exception
    assert "MNIST" in app.error[0].value


def test_the_network_that_comes_with_inkling_counts_among_those_looked_at(compute: FakeCompute) -> None:
    assert scoring.count_openings(load_digits().sha256) == 0
    assert scoring.count_openings(load_card().dataset_sha256) == 1
    services.ledger().open_test(load_card().dataset_sha256, "a" * 12)
    assert scoring.count_openings(load_card().dataset_sha256) == 2
