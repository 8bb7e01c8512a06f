"""Draw: why, and stroke by stroke, on a page of their own with a given sketch and answers that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.predictions.change_of_mind import MAX_DABS, Way
from core.predictions.patches import Change
from pages.components import services
from tests.app.conftest import CLASSES, FakeCompute
from tests.app.test_pages import texts

SCRIPT = """
import numpy as np
import streamlit as st
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch, Stroke
from core.drawing.strokes import draw_strokes
from core.drawing.style import DrawingStyle
from pages.components import drawing_strokes, drawing_why, services

reader = Reader("shipped", "A network", "not here", "", tuple("0123456789"), (28, 28), 255, DrawingStyle("mnist", 20 / 28))
corners = [[(60, 60), (200, 60)], [(200, 60), (120, 230)]][: int(st.query_params.get("strokes", 2))]
strokes = tuple(Stroke(np.array(some, float), 20.0) for some in corners)
ink = draw_strokes(strokes, 280, 280)
sketch = Sketch(ink, strokes) if "photo" not in st.query_params else Sketch(ink)
if st.query_params["part"] == "strokes":
    drawing_strokes.show_strokes(reader, sketch)
else:
    prepared = reader.prepare(sketch)
    drawing_why.show_why(reader, prepared, services.compute().predict(reader.id, prepared.image[None])[0])
"""


class AskedCompute(FakeCompute):
    """Remembers what it was asked. The first half of the images are a 1, the others a 7."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.asked: list[tuple[str, tuple]] = []
        self.predicted: list[np.ndarray] = []

    def predict(self, run_id: str, images: np.ndarray) -> np.ndarray:
        self.predicted.append(images)
        answers = super().predict(run_id, images)
        answers[: len(images) // 2] = np.roll(answers[: len(images) // 2], 1 - 7, axis=1)
        return answers

    def consult(self, run_id: str, function: Any, *arguments: Any, lane: Any = None) -> dict[str, np.ndarray]:
        self.asked.append((function.__name__, arguments))
        return super().consult(run_id, function, *arguments)


@pytest.fixture
def asked(compute: FakeCompute) -> AskedCompute:
    fake = AskedCompute(compute.store)
    dabs = np.full((len(Way), MAX_DABS), -1)
    after = np.full((len(Way), CLASSES), 0.02, np.float32)
    after[[Way.EITHER, Way.ADDING], 0], after[Way.ERASING, 7] = 0.82, 0.82
    numbers = {"rows": dabs.copy(), "columns": dabs.copy(), "changes": dabs.copy()}
    for way, change in ((Way.EITHER, Change.ERASED), (Way.ADDING, Change.ADDED)):
        numbers["rows"][way, 0], numbers["columns"][way, 0], numbers["changes"][way, 0] = 5, 14, change
    fake.consultations["change_mind"] = numbers | {
        "before": fake.predict("", np.zeros((1, 28, 28), np.uint8))[0],
        "images": np.zeros((len(Way), 28, 28), np.uint8),
        "probabilities": after,
        "count": np.array([1, 0, 1]),
        "width": np.array(3.0),
    }
    fake.predicted.clear()
    services.provide(compute=fake)
    return fake


def look(part: str, **parameters: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=30)
    for name, value in {"part": part, **parameters}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception and not app.error
    return texts(app).replace("\\", "")


def test_the_opinion_after_each_stroke_is_told_with_one_question(asked: AskedCompute) -> None:
    app = look("strokes")
    assert "After the first stroke it takes it for 1 (90.0 %); the second stroke makes it 7 (90.0 %)." in said(app)
    assert [images.shape for images in asked.predicted] == [(10, 28, 28)]
    [table] = app.table
    assert len(table.value) == 10 and table.value.iloc[-1].tolist()[:2] == ["the second stroke", "7"]


def test_of_a_single_stroke_the_way_is_told(asked: AskedCompute) -> None:
    words = said(look("strokes", strokes="1"))
    assert "After 10 % of the stroke it takes it for 1" in words and "how much of the stroke was drawn" in words
    assert "10 images of this one drawing" in words


def test_a_picture_without_strokes_is_a_sentence(asked: AskedCompute) -> None:
    app = look("strokes", photo="yes")
    assert "Only a drawing made on the canvas has strokes" in app.info[0].value
    said(app)


def test_what_would_change_its_mind_is_told_for_each_way(asked: AskedCompute) -> None:
    app = look("why")
    words = said(app)
    assert "Erase at the upper middle (1 dab), and it reads 0 (82.0 %)." in words
    assert "Add at the upper middle (1 dab), and it reads 0 (82.0 %)." in words
    assert "To only erase does not make it 0: no dab of ink brings it any closer." in words
    assert [(name, arguments[1:]) for name, arguments in asked.asked] == [("change_mind", (0, 255))]
    [table] = app.table
    assert table.value.shape == (3, 5)


def test_another_class_to_become_is_asked_for_and_never_the_one_that_it_is(asked: AskedCompute) -> None:
    app = look("why")
    [wanted] = app.selectbox
    assert wanted.value == 0 and "7" not in wanted.options
    wanted.set_value(4).run()
    said(app)
    assert asked.asked[-1][1][1:] == (4, 255)


def test_what_was_answered_once_is_not_asked_again(asked: AskedCompute) -> None:
    app = look("why")
    app.run()
    said(app)
    assert len(asked.asked) == 1


def test_the_evidence_needs_no_data_set(asked: AskedCompute) -> None:
    values = np.zeros((28, 28), np.float32)
    values[0, 27] = 2.0
    asked.consultations["explain"] = {
        "evidence": values,
        "difference": np.array(np.log(33.0)),
        "baseline_difference": np.array(0.5),
        "completeness": np.array(0.01),
        "baseline": np.array(0, np.uint8),
        "is_exact": np.array(False),
    }
    asked.consultations["occlude"] = {
        "loss": values,
        "agreement": np.array(0.9),
        "size": np.array(4),
        "places": np.array(30),
        "is_exact": np.array(False),
    }
    app = look("why")
    app.button_group[0].set_value("What speaks for it").run()
    words = said(app)
    assert "The network takes 7 to be 33 times as probable as 0. The upper right speaks most for 7 (+2.00)" in words
    assert "Erase at" not in words
