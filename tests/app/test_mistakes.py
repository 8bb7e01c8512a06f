"""The Mistakes page on the 360 test digits, each of which the network takes for a 7, nine times in ten sure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from core.compute.jobs import JobProgress, JobState
from core.compute.scoring import scoring_key
from core.compute.service import EngineState, EngineStatus
from core.datasets.image_set import Split
from core.networks.recipes import RECIPES
from core.runs.ledger import Verdict
from pages.components import services
from tests.app.conftest import CLASSES, FakeCompute
from tests.app.test_pages import open_page, press, texts

EVIDENCE = {
    "evidence": np.zeros((8, 8), np.float32),
    "difference": np.float32(1),
    "baseline_difference": np.float32(1),
    "completeness": np.float64(0),
    "baseline": np.uint8(0),
    "is_exact": np.array(False),
}
COVERING = {
    "loss": np.zeros((8, 8), np.float32),
    "agreement": np.array(np.nan),
    "size": np.array(2),
    "places": np.array(4),
    "is_exact": np.array(False),
}


def nearest(*labels: int) -> dict[str, np.ndarray]:
    """Two training images of each class, at distances 1, 2, 3 and so on."""
    y_train = services.catalog().load("digits").y_train
    positions = np.concatenate([np.flatnonzero(y_train == label)[:2] for label in labels]).astype(np.int32)
    return {
        "positions": positions,
        "labels": y_train[positions],
        "distances": np.arange(1, len(positions) + 1, dtype=np.float32),
        "compared": np.array(230),
    }


@pytest.fixture
def run_id(compute: FakeCompute) -> str:
    """A network that takes every digit for a 7, and whose test set somebody has opened."""
    run_id = compute.submit(RECIPES["digits-64"].spec)
    compute.finish(run_id)
    digits = services.catalog().load("digits")
    services.ledger().open_test(digits.sha256, run_id)
    compute.consultations |= {"explain": EVIDENCE, "occlude": COVERING, "ask_nearest": nearest(int(digits.y_test[0]), 7)}
    return run_id


def open_mistakes(app: AppTest) -> None:
    open_page(app, "pages/predict/mistakes.py")
    assert not app.exception and not app.error, [error.value for error in app.error]


def choice(app: AppTest, label: str) -> Selectbox:
    return next(widget for widget in app.selectbox if widget.label == label)


def heading(app: AppTest) -> str:
    """Which image is shown large, such as "Test image 0: 2, read as 7"."""
    return str(app.subheader[0].value).replace("\\", "")


def every_answer(probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """What a score of all test images gives."""
    return {"positions": np.arange(len(probabilities), dtype=np.int32), "probabilities": probabilities}


def labels() -> np.ndarray:
    return services.catalog().load("digits").y_test


def verdicts() -> list[Verdict]:
    return [vote.verdict for vote in services.ledger().votes(services.catalog().load("digits").sha256)]


def test_mistakes_are_counted_and_the_first_is_shown_large_with_what_it_is_like(app: AppTest, run_id: str) -> None:
    open_mistakes(app)
    shown, first = texts(app).replace("\\", ""), labels()[0]
    assert "**324 of 360 test images are read wrong**, 90.0 % (95 % interval 86.5 to 92.7 %)." in shown
    assert "Shown: numbers 1 to 24 of 324 mistakes that fit." in shown
    assert heading(app) == f"Test image 0: {first}, read as 7"
    assert "Mistake 1 of 324" in shown and app.button(key="mistakes_Previous").disabled
    assert f"**Nearest training images of {first}**" in shown and "**Nearest training images of 7**" in shown
    assert f"The nearest of {first} is 1.00 away, the nearest of 7 is 3.00 away." in shown
    assert f"Compared are 230 training images of {first} and 7, as the network sees them: in its last hidden layer" in shown


def test_the_choices_of_classes_name_how_many_mistakes_each_has(app: AppTest, run_id: str) -> None:
    open_mistakes(app)
    assert choice(app, "Taken for").options == ["Any class", "7 (324)"]
    fours = np.flatnonzero(labels() == 4)
    assert f"4 ({len(fours)})" in choice(app, "True class").options
    assert not [option for option in choice(app, "True class").options if option.startswith("7")]
    choice(app, "True class").select(4).run()
    assert f"of {len(fours)} mistakes that fit" in texts(app)
    assert heading(app) == f"Test image {fours[0]}: 4, read as 7"


def test_next_and_previous_turn_the_page_and_another_choice_begins_at_its_first(app: AppTest, run_id: str) -> None:
    wrong = np.flatnonzero(labels() != 7)
    open_mistakes(app)
    app.pagination[0].set_value(2).run()
    assert heading(app).startswith(f"Test image {wrong[24]}:")
    press(app, "Previous")
    assert heading(app).startswith(f"Test image {wrong[23]}:")
    assert "Shown: numbers 1 to 24 of 324" in texts(app)
    press(app, "Next")
    assert "Mistake 25 of 324" in texts(app) and "Shown: numbers 25 to 48 of 324" in texts(app)
    choice(app, "Order").select("order of the file").run()
    assert "Mistake 1 of 324" in texts(app) and "Shown: numbers 1 to 24 of 324" in texts(app)


def test_sure_mistakes_are_those_above_the_slider(app: AppTest, run_id: str) -> None:
    open_mistakes(app)
    app.segmented_control(key="mistakes_shown").set_value("Sure and against the label").run()
    assert "No mistake fits this choice" in texts(app)
    app.slider(key="mistakes_sureness").set_value(80).run()
    assert "of 324 mistakes that fit" in texts(app)


def test_a_vote_is_stored_counted_and_found_again(app: AppTest, run_id: str) -> None:
    open_mistakes(app)
    assert "None of these mistakes has been voted on yet." in texts(app)
    assert "it changes no label and no accuracy" in texts(app)
    press(app, "Label wrong")
    [vote] = services.ledger().votes(services.catalog().load("digits").sha256)
    assert (vote.split, vote.position, vote.verdict, vote.run_id) == (Split.TEST, 0, Verdict.LABEL_WRONG, run_id)
    assert "1 voted on: 1 label wrong." in texts(app)
    app.segmented_control(key="mistakes_shown").set_value("Voted on").run()
    assert "Shown: 1 mistake that fits." in texts(app)


@pytest.mark.parametrize(("pressed", "kept"), [("Network wrong", [Verdict.NETWORK_WRONG]), ("Ambiguous", [])])
def test_another_verdict_replaces_a_vote_and_the_same_takes_it_back(app: AppTest, run_id: str, pressed: str, kept: list[Verdict]) -> None:
    services.ledger().vote(services.catalog().load("digits").sha256, Split.TEST, 0, Verdict.AMBIGUOUS, run_id)
    open_mistakes(app)
    press(app, pressed)
    assert verdicts() == kept


def test_a_ledger_that_can_not_be_read_is_told_in_words(app: AppTest, run_id: str, tmp_path: Path) -> None:
    services.ledger().close()
    for file in (tmp_path / "home").glob("ledger.sqlite*"):
        file.unlink()
    (tmp_path / "home" / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    open_page(app, "pages/predict/mistakes.py")
    assert not app.exception
    assert "ledger" in app.error[0].value


def test_while_the_engine_warms_up_the_nearest_are_waited_for_with_progress(app: AppTest, run_id: str, compute: FakeCompute) -> None:
    key = scoring_key(f"{run_id}/final.npz", Split.TEST)
    compute.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, "", every_answer(compute.predict("", labels())))
    compute.state = EngineStatus(EngineState.WARMING_UP, "The engine is warming up.", 0, 0)
    compute.holds_jobs = True
    open_mistakes(app)
    assert [button.label for button in app.button].count("Cancel") == 1
    assert [key for key in compute.jobs if key.startswith("nearest-")]


def test_a_network_without_mistakes_is_told_so(app: AppTest, run_id: str, compute: FakeCompute) -> None:
    key = scoring_key(f"{run_id}/final.npz", Split.TEST)
    perfect = np.eye(CLASSES, dtype=np.float32)[labels()]
    compute.jobs[key] = JobProgress(key, JobState.FINISHED, 1.0, "", every_answer(perfect))
    open_mistakes(app)
    assert "Not one of the 360 test images is read wrong." in app.success[0].value


def test_a_sealed_test_set_shows_no_mistakes(app: AppTest, compute: FakeCompute) -> None:
    compute.finish(compute.submit(RECIPES["digits-64"].spec))
    open_mistakes(app)
    assert not [widget for widget in app.selectbox if widget.label == "True class"]
    assert "Open the test set" in [button.label for button in app.button]
