"""Every page opens, says what it is for, and survives what a visitor may do to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from core.compute.service import EngineState, EngineStatus
from core.runs.record import RunState
from pages.components.words import plain
from tests.app.conftest import FakeCompute, find_field

PAGES = {
    "pages/start/start.py": "Inkling",
    "pages/explore/samples.py": "Samples",
    "pages/explore/statistics.py": "Statistics",
    "pages/explore/map.py": "Map",
    "pages/explore/your_data.py": "Your data",
    "pages/train/build.py": "Build and train",
    "pages/train/runs.py": "Runs",
    "pages/predict/score.py": "Score",
    "pages/predict/mistakes.py": "Mistakes",
    "pages/predict/one_image.py": "One image",
    "pages/predict/break_it.py": "Break it",
    "pages/predict/compare.py": "Compare",
    "pages/predict/draw.py": "Draw",
    "pages/predict/handwriting.py": "My handwriting",
}


def texts(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
    return "\n".join(str(element.value) for element in elements)


def read(text: object) -> str:
    """What a visitor reads of a text that went through `plain`."""
    return str(text).replace("\\", "").replace("\u2060", "")


def open_page(app: AppTest, page: str) -> AppTest:
    app.run()
    app.switch_page(page)
    return app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in app.metric}


def units(app: AppTest) -> list[NumberInput]:
    return [widget for widget in app.number_input if widget.label == "Units"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_an_empty_home(app: AppTest, page: str) -> None:
    open_page(app, page)
    assert not app.exception and not app.error
    assert [title.value for title in app.title] == [PAGES[page]]


def test_every_page_file_is_tested_here() -> None:
    root = Path(__file__).parents[2]
    files = {str(path.relative_to(root)) for path in root.glob("pages/*/*.py") if path.parent.name != "components"}
    assert files == set(PAGES)


def test_the_start_page_names_the_steps_and_the_state_of_the_engine(app: AppTest, compute: FakeCompute) -> None:
    compute.state = EngineStatus(EngineState.WARMING_UP, "The engine is warming up.", 0, 2)
    app.run()
    # Once: two that look by themselves would contradict each other in between.
    assert read(texts(app)).count("The engine is warming up.") == 1
    assert [button.label for button in app.button] == ["Look at images", "Build a network", "Score a network", "Draw a digit"]


def test_every_other_page_tells_the_state_of_the_engine_once_under_the_navigation(app: AppTest, compute: FakeCompute) -> None:
    compute.state = EngineStatus(EngineState.WARMING_UP, "The engine is warming up.", 0, 2)
    open_page(app, "pages/explore/samples.py")
    assert read("\n".join(caption.value for caption in app.sidebar.caption)).count("The engine is warming up.") == 1
    assert read(texts(app)).count("The engine is warming up.") == 1


def test_the_start_page_lists_the_last_runs(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    press(app, "Train")
    open_page(app, "pages/start/start.py")
    assert plain("digits-64") in texts(app)
    assert "65.0 %" in texts(app)


def test_a_set_that_is_not_on_the_disk_offers_its_download(app: AppTest) -> None:
    open_page(app, "pages/explore/samples.py")
    app.selectbox(key="dataset").select("mnist").run()
    assert any(button.label == "Download MNIST" for button in app.button)
    assert "is not on this machine yet" in texts(app)


def test_the_chosen_data_set_is_kept_across_pages(app: AppTest) -> None:
    open_page(app, "pages/explore/samples.py")
    app.selectbox(key="dataset").select("cifar10").run()
    app.switch_page("pages/train/build.py").run()
    assert app.selectbox(key="dataset").value == "cifar10"


def test_a_damaged_file_is_listed_with_its_reason_and_the_rest_works(app: AppTest, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "datasets"
    folder.mkdir(parents=True)
    (folder / "broken.npz").write_bytes(b"this is no archive")
    open_page(app, "pages/explore/samples.py")
    app.selectbox(key="dataset").select("broken").run()
    assert "broken.npz" in app.error[0].value
    app.selectbox(key="dataset").select("digits").run()
    assert not app.error and len(app.metric) == 6


def test_one_image_shows_its_numbers_as_a_table(app: AppTest) -> None:
    open_page(app, "pages/explore/samples.py")
    table = app.dataframe[0].value
    assert table.shape == (8, 8)
    assert table.to_numpy().max() <= 16


def test_the_size_of_the_network_follows_the_form(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    assert metrics(app)["Parameters"] == "4,810"
    units(app)[0].set_value(8).run()
    assert metrics(app)["Parameters"] == "610"
    press(app, "Add")
    assert metrics(app)["Parameters"] == "682"


def test_layers_can_be_moved_and_removed(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    press(app, "Add")
    units(app)[1].set_value(32).run()
    app.button(key="move_layer_1_-1").click().run()
    assert [widget.value for widget in units(app)] == [32, 64]
    app.button(key="remove_layer_0").click().run()
    assert [widget.value for widget in units(app)] == [32]


def test_all_problems_of_the_settings_are_told_at_once_and_training_is_off(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    app.number_input(key="draft_epochs").set_value(0)
    app.number_input(key="draft_learning_rate").set_value(99.0)
    units(app)[0].set_value(0).run()
    problems = app.error[0].value
    assert "Epochs: is 0; expected at least 1." in read(problems)
    assert "Learning rate: is 99.0; expected at most 10.0." in read(problems)
    assert "Hidden layer 1, units: is 0; expected at least 1." in read(problems)
    assert next(button for button in app.button if button.label == "Train").disabled


def test_a_network_too_large_for_a_laptop_is_refused_with_its_size(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    for _ in range(3):
        press(app, "Add")
    for widget in units(app):
        widget.set_value(4096)
    app.run()
    assert "expected at most 50,000,000" in read(app.error[0].value)


def test_choosing_an_optimiser_takes_over_its_usual_rate(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    app.selectbox(key="draft_optimiser").select("sgd").run()
    assert find_field(app, "number_input", "draft_learning_rate").value == 0.1


def test_starting_from_nothing_leaves_no_hidden_layer(app: AppTest) -> None:
    open_page(app, "pages/train/build.py")
    app.selectbox(key="recipe_choice").select("nothing").run()
    assert metrics(app)["Parameters"] == "650"


def test_training_shows_the_run_and_puts_its_id_into_the_address(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    press(app, "Train")
    [record] = compute.store.list()
    assert app.query_params["run"] == record.id
    assert compute.submitted[0].recipe == "digits-64"
    assert "After 1 of 40 epochs: training accuracy 60.0 %, validation 65.0 %." in texts(app)
    press(app, "Stop")
    assert compute.stopped == [record.id]


def test_a_changed_recipe_no_longer_carries_its_name(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    app.number_input(key="draft_epochs").set_value(3).run()
    press(app, "Train")
    assert compute.submitted[0].recipe is None
    assert compute.submitted[0].epochs == 3


def test_a_value_typed_just_before_train_is_pressed_counts(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    app.number_input(key="draft_epochs").set_value(3)
    press(app, "Train")
    assert compute.submitted[0].epochs == 3


def test_a_bad_value_typed_just_before_train_is_pressed_starts_nothing(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    app.number_input(key="draft_epochs").set_value(0)
    press(app, "Train")
    assert not compute.submitted
    assert [error.value for error in app.error if "Epochs: is 0" in read(error.value)]


def test_a_failed_run_shows_its_reason(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/train/build.py")
    press(app, "Train")
    compute.finish(compute.store.list()[0].id, RunState.FAILED, "The loss is no longer a number.")
    app.run()
    assert "The loss is no longer a number." in read(app.error[0].value)


@pytest.mark.parametrize("page", ["pages/train/build.py", "pages/predict/score.py", "pages/predict/draw.py"])
@pytest.mark.parametrize("address", ["ffffffffffff", "../../etc", "<b>x</b>"])
def test_an_unknown_run_in_the_address_is_told_and_there_is_a_way_on(app: AppTest, page: str, address: str) -> None:
    app.query_params["run"] = address
    open_page(app, page)
    app.query_params["run"] = address
    app.run()
    assert not app.exception
    assert "There is no" in app.warning[0].value and "<b>" not in app.warning[0].value
    assert app.button


def test_without_any_run_the_predict_pages_offer_to_train_one(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, "pages/predict/score.py")
    press(app, "Train one now")
    assert [spec.recipe for spec in compute.submitted] == ["digits-64"]


def test_a_home_that_can_not_be_written_is_told_on_the_start_page(app: AppTest, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    app.run()
    assert not app.exception
    assert str(tmp_path / "home") in read(app.error[0].value)


def test_a_full_disk_is_told_beside_the_engine_s_state(app: AppTest, compute: FakeCompute) -> None:
    compute.state = EngineStatus(EngineState.READY, "The engine is ready.", 0, 0, problem="The disk is full. Make room.")
    app.run()
    assert "The disk is full. Make room." in [read(warning.value) for warning in app.warning]


def test_a_bug_is_told_in_one_sentence_and_never_as_a_traceback(
    app: AppTest, compute: FakeCompute, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run_id: str) -> int | None:
        raise ZeroDivisionError("a bug in the engine")

    open_page(app, "pages/train/build.py")
    press(app, "Train")
    monkeypatch.setattr(compute.store, "history", broken)
    app.run()
    assert not app.exception
    assert "Something in Inkling itself went wrong" in app.error[0].value
    assert "ZeroDivisionError" not in texts(app)
