"""Several figures in a row: what is read in a given drawing, with an engine that answers at once."""

from __future__ import annotations

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.app.conftest import FakeCompute
from tests.app.test_pages import texts

THRESHOLD = 0.5


def answer(compute: FakeCompute, *labels: int, scores: tuple[float, ...] | None = None, measured: int = 6_000) -> None:
    """Let the engine answer with these labels, and with these scores of novelty."""
    count = len(labels)
    probabilities = np.full((count, 10), 0.01, np.float32)
    probabilities[np.arange(count), list(labels)] = 0.91
    values = np.array(scores or [0.1] * count, np.float32)
    compute.consultations["read_images"] = {
        "probabilities": probabilities,
        "scores": values,
        "threshold": np.float32(THRESHOLD),
        "exceeded": (values > THRESHOLD).astype(np.float32),
        "positions": np.zeros((count, 3), np.int32),
        "labels": np.zeros((count, 3), np.int32),
        "distances": np.zeros((count, 3), np.float32),
        "compared": np.int64(10),
        "measured": np.int64(measured),
    }


def read(*digits: int, apart: int = 150, dot: bool = False) -> AppTest:
    def script(digits: tuple[int, ...], apart: int, dot: bool) -> None:
        import numpy as np

        from core.drawing.sketch import Sketch
        from core.shipped.card import load_reader
        from pages.components import several
        from tests.unit.drawing.pen import draw_strokes, load_strokes

        ink = np.zeros((280, 280 + apart * max(0, len(digits) - 1)), dtype=np.uint8)
        for place, digit in enumerate(digits):
            strokes = next(one.strokes for one in load_strokes() if one.digit == digit)
            here = ink[:, place * apart : place * apart + 280]
            np.maximum(here, draw_strokes(strokes, size=150, pen=16), out=here)
        if dot:
            ink[260:270, 8:18] = 255
        several.show_row(load_reader(), Sketch(ink))

    app = AppTest.from_function(script, args=(digits, apart, dot), default_timeout=30).run()
    assert not app.exception and not app.error
    return app


def test_a_year_is_read_large_with_each_figure_in_a_table(compute: FakeCompute) -> None:
    answer(compute, 2, 0, 2, 6)
    app = read(2, 0, 2, 6)
    assert [header.value for header in app.header] == ["2026"]
    assert not app.warning and "4 figures, read from left to right as 2026." in texts(app).replace("\\", "")
    assert app.table[0].value["Best guess"].tolist() == ["2", "0", "2", "6"]
    assert [button.proto.label for button in app.get("download_button")] == ["Save as CSV", "Save as PNG", "Save as SVG"]


def test_a_figure_that_is_novel_is_a_question_mark_with_the_guess_beside_it(compute: FakeCompute) -> None:
    answer(compute, 2, 0, 2, scores=(0.1, 0.9, 0.1))
    app = read(2, 0, 2)
    assert app.header[0].value == "2\\?2"
    (warning,) = app.warning
    assert "Figure 2 is unlike anything that the network learned from. It would guess 0 (91.0 %)." in warning.value.replace("\\", "")


def test_with_few_real_images_to_compare_with_every_figure_gets_an_answer_and_it_is_said(compute: FakeCompute) -> None:
    answer(compute, 2, 0, scores=(0.1, 0.9), measured=3)
    app = read(2, 0)
    assert app.header[0].value == "20" and not app.warning
    assert "Too few digits to tell whether anything is unusual" in texts(app).replace("\\", "")


def test_figures_that_touch_are_said_to_and_not_read(compute: FakeCompute) -> None:
    answer(compute, 8)
    app = read(3, 8, apart=95)
    assert app.header[0].value == "\\?"
    assert "seems to be several that touch: leave a gap between them" in app.warning[0].value.replace("\\", "")


def test_a_dot_that_was_left_out_is_said(compute: FakeCompute) -> None:
    answer(compute, 7)
    app = read(7, dot=True)
    assert app.header[0].value == "7" and "One dot was left out" in app.warning[0].value


def test_an_empty_drawing_asks_for_one(compute: FakeCompute) -> None:
    app = read()
    assert not app.header and "There is nothing drawn yet" in app.info[0].value


def test_while_it_is_not_known_what_the_network_has_seen_it_is_said_and_nothing_doubted(compute: FakeCompute) -> None:
    answer(compute, 2, 0)
    compute.consultations["read_images"] = {"probabilities": compute.consultations["read_images"]["probabilities"]}
    app = read(2, 0)
    assert app.header[0].value == "20" and not app.warning
    assert "Whether it has seen anything like them is not known yet" in texts(app).replace("\\", "")


def test_before_anything_is_written_it_says_what_to_do(compute: FakeCompute) -> None:
    def script() -> None:
        from core.shipped.card import load_reader
        from pages.components import several

        several.show_several(load_reader())

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception and "leave a gap between its digits" in app.info[0].value
