"""Draw > The way: each step with its picture and its switch, and where the drawing lies, with an engine that answers at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.catalog import load_digits
from core.drawing.reader import Reader, build_reader
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.networks.recipes import RECIPES
from core.training.splitting import split_images
from pages.components import services
from tests.app.conftest import CLASSES, FakeCompute
from tests.app.test_pages import texts


class NarrowCompute(FakeCompute):
    """Answers 1 for an image whose ink fills every row, otherwise 7."""

    def predict(self, run_id: str, images: np.ndarray) -> np.ndarray:
        answers = super().predict(run_id, images)
        full = images.reshape(len(images), images.shape[1], -1).any(axis=2).all(axis=1)
        answers[full] = np.roll(answers[full], -6, axis=1)
        return answers


@pytest.fixture
def narrow(compute: FakeCompute) -> NarrowCompute:
    answering = NarrowCompute(compute.store)
    services.provide(compute=answering)
    return answering


def mnist_like(dataset: str = "none", shape: tuple[int, ...] = (28, 28)) -> Reader:
    return Reader("a", "MNIST", dataset, "hash", tuple(map(str, range(CLASSES))), shape, 255, DrawingStyle("mnist", MNIST_SHARE))


def show(reader: Reader, script: Callable[[object], None] | None = None) -> AppTest:
    return AppTest.from_function(script or draw_bar, args=(reader,), default_timeout=30).run()


def draw_bar(reader: object) -> None:
    import numpy as np

    from core.drawing.sketch import Sketch
    from pages.components import drawing_way

    ink = np.zeros((280, 280), dtype=np.uint8)
    ink[20:160, 30:60] = 255
    drawing_way.show_way(reader, Sketch(ink), drawing_way.skipped_steps(reader))


def draw_photo(reader: object) -> None:
    import numpy as np

    from core.drawing.sketch import Sketch
    from pages.components import drawing_way

    ink, photo = np.zeros((80, 80), dtype=np.uint8), np.full((80, 80, 3), 90, dtype=np.uint8)
    ink[20:60, 30:40] = 255
    drawing_way.show_way(reader, Sketch(ink, photo=photo), drawing_way.skipped_steps(reader))


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_each_step_has_a_switch_and_says_what_is_without_it(narrow: NarrowCompute) -> None:
    app = show(mnist_like())
    assert not app.exception and not app.error
    assert [toggle.label for toggle in app.toggle] == [
        "Cut out the ink",
        "Sharpen the edges",
        "Shrink in proportion",
        "Stretch to full strength",
        "Leave a margin",
        "Centre of mass in the middle",
    ]
    assert all(toggle.value and toggle.help.startswith("Off: ") for toggle in app.toggle)
    assert "Without it: 1 (90.0 %) instead of 7." in said(app)
    assert app.button[0].disabled
    assert len(app.table[0].value) == 7


def test_a_step_that_is_turned_off_breaks_the_answer_and_all_steps_come_back_with_one_button(narrow: NarrowCompute) -> None:
    app = show(mnist_like())
    next(toggle for toggle in app.toggle if toggle.label == "Leave a margin").set_value(False).run()
    assert "With “Leave a margin” off the network gets an image that differs in" in said(app)
    assert "and answers 1 (90.0 %) instead of 7 (90.0 %)." in said(app)
    assert app.table[0].value["Done"].tolist().count("no") == 1
    app.button[0].click().run()
    assert all(toggle.value for toggle in app.toggle) and "With “" not in said(app)


def test_a_network_of_the_small_digits_has_a_way_of_its_own_and_a_profile_of_its_images(narrow: NarrowCompute) -> None:
    digits = load_digits()
    spec = RECIPES["digits-64"].spec
    app = show(build_reader(narrow.submit(spec), digits.title, digits))
    assert not app.exception and not app.error
    assert "Count the ink in blocks" in [toggle.label for toggle in app.toggle]
    # Not those that it held back.
    assert f"of the {len(split_images(spec, digits.y_train).training):,} images it learned from" in said(app)
    assert app.table[1].value["Measured"].tolist()[:2] == ["ink", "stroke width"]


def test_without_the_training_images_there_is_a_way_but_nothing_to_compare_with(narrow: NarrowCompute) -> None:
    app = show(mnist_like())
    assert not app.exception and not app.error
    assert "are not on this machine any more" in said(app)


def test_other_images_by_the_same_name_are_not_compared_with(narrow: NarrowCompute) -> None:
    app = show(mnist_like(dataset="digits"))
    assert "are not on this machine any more" in said(app)


def test_the_shipped_network_needs_no_data_set_for_its_profile(narrow: NarrowCompute) -> None:
    from core.shipped.card import load_card, load_reader

    app = show(load_reader())
    assert not app.exception and not app.error
    assert f"of the {load_card().training_images:,} images it learned from" in said(app)


def test_for_colour_images_it_says_why_there_is_nothing_to_compare(narrow: NarrowCompute) -> None:
    app = show(mnist_like(shape=(32, 32, 3)))
    assert not app.exception and not app.error
    assert "colour images, which have no ink" in said(app)


def test_a_colour_photo_goes_its_own_way_of_which_nothing_can_be_left_out(narrow: NarrowCompute) -> None:
    app = show(mnist_like(shape=(32, 32, 3)), draw_photo)
    assert not app.exception and not app.error
    assert not app.toggle and "The middle, made small" in said(app)


def pick_pen() -> None:
    from pages.components import canvas

    canvas.draw_canvas("canvas")


def test_the_canvas_asks_for_pen_and_softness_and_gives_nothing_while_it_is_bare(compute: FakeCompute) -> None:
    app = AppTest.from_function(pick_pen, default_timeout=30).run()
    assert not app.exception
    assert [(slider.label, slider.min, slider.max, slider.value) for slider in app.slider] == [
        ("Pen width", 8, 40, 20),
        ("Softness", 0.0, 6.0, 0.0),
    ]
    assert app.button[0].disabled
