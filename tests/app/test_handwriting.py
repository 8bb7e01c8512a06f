"""Predict > My handwriting, and keeping a drawing: with an engine that takes every image for a 7."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.drawings.kept import Answer, NewDrawing
from core.shipped.card import SHIPPED
from pages.components import services
from tests.app.conftest import FakeCompute
from tests.app.test_pages import open_page, press, texts

PAGE = "pages/predict/handwriting.py"


def bar(seed: int) -> np.ndarray:
    ink = np.zeros((280, 280), np.uint8)
    ink[40:240, 60 + seed : 90 + 2 * seed] = 255
    return ink


def keep(labels: str) -> None:
    answer = Answer(SHIPPED, "Inkling's own", "7", 0.9)
    services.drawings().add_all([NewDrawing(label, bar(seed), 1e9 + seed, answer) for seed, label in enumerate(labels)])


def kept() -> list[str]:
    return [drawing.label for drawing in services.drawings().list()]


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def choose_part(app: AppTest, part: str) -> None:
    next(control for control in app.button_group if control.label == "Part").set_value(part).run()


def keeping_page() -> None:
    import numpy as np
    import streamlit as st

    from core.drawing.sketch import Sketch
    from core.shipped.card import load_reader
    from pages.components import keeping

    ink = np.zeros((280, 280), np.uint8)
    ink[40:240, 120:150] = 255
    reader, sketch = load_reader(), Sketch(ink)
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[7] = 0.91
    st.title("Keeping")
    keeping.show_keep(reader, sketch, reader.prepare(sketch), probabilities)
    keeping.show_kept()


@pytest.fixture
def keeping(compute: FakeCompute) -> AppTest:
    return AppTest.from_function(keeping_page, default_timeout=30).run()


def test_one_click_keeps_a_drawing_that_was_read_right(keeping: AppTest) -> None:
    assert not keeping.exception and "91.0 %" in said(keeping)
    press(keeping, "Right, it is 7")
    assert not keeping.exception and not keeping.error
    [drawing] = services.drawings().list()
    assert drawing.label == "7"
    assert drawing.answer is not None and (drawing.answer.reader, drawing.answer.read_as) == (SHIPPED, "7")
    assert keeping.success[0].value.replace("\\", "") == "Kept as 7: 1 drawing in your handwriting."


def test_a_drawing_is_not_kept_twice(keeping: AppTest) -> None:
    press(keeping, "Right, it is 7")
    assert "kept already, as 7" in said(keeping)
    assert not [button for button in keeping.button if button.label.startswith("Right")]


def test_one_click_says_what_it_is_instead(keeping: AppTest) -> None:
    [others] = keeping.button_group
    assert others.options and len(others.options) == 9
    others.set_value("1").run()
    assert not keeping.exception and not keeping.error
    assert kept() == ["1"]


def test_a_collection_that_is_no_use_is_told_in_words(keeping: AppTest) -> None:
    services.drawings().close()
    home = services.settings().home
    for path in home.glob("drawings.sqlite*"):
        path.unlink()
    home.mkdir(exist_ok=True)
    (home / "drawings.sqlite").write_bytes(b"nothing that SQLite could read" * 100)
    press(keeping, "Right, it is 7")
    assert "damaged" in keeping.error[0].value or "damaged" in str(keeping.exception)


def test_an_empty_collection_explains_itself(app: AppTest) -> None:
    open_page(app, PAGE)
    assert "No drawing is kept yet" in said(app)
    assert not app.selectbox and any(button.label == "Bring them back" for button in app.button)


def test_the_score_says_how_many_and_how_sure_that_is(app: AppTest, compute: FakeCompute) -> None:
    keep("7771")
    open_page(app, PAGE)
    assert not app.exception and not app.error
    assert "3 of 4 drawings read right, 75.0 % (30.1 to 95.4 %)" in said(app)
    assert "4 drawings as" in said(app)


def test_of_two_networks_it_is_told_whether_one_reads_the_hand_better(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    keep("7771")
    open_page(app, PAGE)
    assert "That does not make them equal" not in said(app)
    picker = next(box for box in app.selectbox if box.label == "Beside it")
    picker.select(run_id).run()
    assert not app.exception and not app.error
    assert "read equally many right, 3 of the same 4 drawings. That does not make them equal" in said(app)


def test_drawings_of_other_things_are_left_out_and_counted(app: AppTest, compute: FakeCompute) -> None:
    services.drawings().add(NewDrawing("horse", bar(40), 0.0))
    open_page(app, PAGE)
    assert "knows no class that your drawings are of" in said(app)
    keep("77")
    app.run()
    assert "1 drawing left out" in said(app) and "2 of 2" in said(app)


def test_drawings_can_be_shown_by_class(app: AppTest, compute: FakeCompute) -> None:
    keep("7711")
    open_page(app, PAGE)
    app.selectbox(key="handwriting_class").select("1").run()
    assert "2 drawings as" in said(app)
    choose_part(app, "By class")
    assert "Recall is lowest for 1 (0.0 %) and highest for 7 (100.0 %)" in said(app)
    assert len(app.table[0].value) == 2


def test_a_chosen_drawing_can_be_corrected_and_deleted_by_a_second_press(app: AppTest, compute: FakeCompute) -> None:
    keep("71")
    open_page(app, PAGE)
    chosen = services.drawings().list()[1].id
    app.session_state["chosen_drawing"] = chosen
    app.run()
    assert "You drew 1 on" in said(app) and "which is wrong" in said(app)
    next(box for box in app.selectbox if box.label == "What it is").select("7").run()
    assert kept() == ["7", "7"] and "2 of 2" in said(app)
    press(app, "Delete this drawing")
    assert kept() == ["7", "7"] and "gone for good" in said(app)
    press(app, "Keep")
    press(app, "Delete this drawing")
    press(app, "Delete")
    assert kept() == ["7"]


def test_all_can_be_deleted_by_a_second_press(app: AppTest, compute: FakeCompute) -> None:
    keep("7711")
    open_page(app, PAGE)
    choose_part(app, "Files")
    press(app, "Delete all 4 drawings")
    assert len(kept()) == 4
    press(app, "Delete")
    assert not kept() and "No drawing is kept yet" in said(app)


def test_with_few_drawings_nothing_is_taught(app: AppTest, compute: FakeCompute) -> None:
    keep("77")
    open_page(app, PAGE)
    choose_part(app, "Teach")
    assert "at least 4 drawings" in said(app)


def test_teaching_the_shipped_network_needs_its_images(app: AppTest, compute: FakeCompute) -> None:
    keep("77771111")
    open_page(app, PAGE)
    choose_part(app, "Teach")
    assert not app.exception and not app.error
    assert "mixes your drawings with images" in said(app) and "Go to Samples, where they can be fetched" in [
        one.label for one in app.button
    ]


def trained(compute: FakeCompute) -> str:
    from core.networks.recipes import RECIPES

    run_id = compute.submit(RECIPES["digits-64"].spec)
    compute.finish(run_id)
    return run_id


def taught() -> dict[str, np.ndarray]:
    from tests.compute.test_teaching import taught

    ones, half = np.ones(4, np.bool_), np.array([True, False, True, False])
    groups = {f"{when}_{kind}": array for kind in ("taught", "checked", "test") for when, array in (("before", half), ("after", ones))}
    return taught() | groups


def test_a_run_is_taught_and_its_copy_is_a_run(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    compute.consultations["teach"] = taught()
    keep("77771111")
    app.query_params["run"] = run_id
    open_page(app, PAGE)
    choose_part(app, "Teach")
    assert "4 drawings, every second one of each class, are not taught" in said(app)
    assert "Of 1 and 7 you kept fewer than 10 drawings" in said(app)
    press(app, "Teach a copy")
    assert not app.exception and not app.error
    assert "it read 2 of 4 before and 4 after" in said(app)
    assert "digits-64, taught my handwriting" in said(app)
    copy = compute.store.list()[0]
    assert copy.title == "digits-64, taught my handwriting"
    assert services.ledger().is_open(compute.sha256, run_id) and services.ledger().is_open(compute.sha256, copy.id)


def test_a_taught_network_is_scored_on_what_it_was_not_taught(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    compute.consultations["teach"] = taught()
    keep("77771111")
    app.query_params["run"] = run_id
    open_page(app, PAGE)
    choose_part(app, "Teach")
    press(app, "Teach a copy")
    copy = compute.store.list()[0].id
    again = AppTest.from_file(app._script_path, default_timeout=30)
    again.query_params["run"] = copy
    open_page(again, PAGE)
    assert "2 of 4 drawings read right" in said(again) and "of those that it was not taught" in said(again)


def test_calling_a_lesson_off_leaves_no_run(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    compute.holds_jobs = True
    keep("77771111")
    app.query_params["run"] = run_id
    open_page(app, PAGE)
    choose_part(app, "Teach")
    press(app, "Teach a copy")
    press(app, "Cancel")
    assert "nothing of it was kept" in said(app)
    assert len(compute.store.list()) == 1
