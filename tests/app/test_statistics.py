"""Explore > Statistics: every part on grey and on colour sets, and what a visitor may choose in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.networks.scaling import SCALINGS
from core.networks.spec import TrainingSpec

PAGE = "pages/explore/statistics.py"
PARTS = ["Classes", "Pixel values", "Mean and spread", "Ink, size and place", "One-hot labels", "Flattening"]


def open_part(app: AppTest, part: str, dataset: str = "digits") -> AppTest:
    app.session_state["dataset"] = dataset
    app.run()
    app.session_state["part"] = part
    app.switch_page(PAGE).run()
    assert not app.exception and not app.error
    return app


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.info])


def store(home: Path, name: str, images: np.ndarray, labels: np.ndarray, class_count: int) -> None:
    """A set whose test images are its training images again."""
    folder = home / "datasets"
    folder.mkdir(parents=True, exist_ok=True)
    names = np.array([f"class {number}" for number in range(class_count)])
    np.savez(folder / f"{name}.npz", x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of `app`, with a small colour set, one of a thousand classes, and one of single pixels."""
    generator = np.random.default_rng(1)
    store(tmp_path / "home", "colours", generator.integers(0, 256, (12, 5, 4, 3), dtype=np.uint8), np.arange(12) % 3, 3)
    store(tmp_path / "home", "thousand", generator.integers(0, 256, (1000, 6, 6), dtype=np.uint8), np.arange(1000), 1000)
    store(tmp_path / "home", "dots", np.arange(4, dtype=np.uint8).reshape(4, 1, 1), np.arange(4) % 2, 2)
    return tmp_path / "home"


SETS = [
    ("digits", "1,437"),
    ("colours", "12"),
    pytest.param("thousand", "1,000", marks=pytest.mark.slow),
    pytest.param("dots", "4", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("dataset", "count"), SETS)
def test_every_part_opens_and_says_that_it_is_of_the_training_images(app: AppTest, home: Path, dataset: str, count: str) -> None:
    open_part(app, PARTS[0], dataset)
    for part in PARTS:
        app.segmented_control(key="part").set_value(part).run()
        assert not app.exception and not app.error
        assert f"comes from the {count} training images alone" in texts(app)


def test_the_part_in_the_address_opens(app: AppTest) -> None:
    app.query_params["part"] = "Flattening"
    app.run()
    app.switch_page(PAGE)
    app.query_params["part"] = "Flattening"
    app.run()
    assert "What flattening loses" in texts(app)


def test_classes_are_counted_in_both_halves(app: AppTest) -> None:
    open_part(app, "Classes")
    table = app.table[0].value
    assert list(table["Class"]) == [str(digit) for digit in range(10)]
    assert sum(int(count) for count in table["Training images"]) == 1437
    assert sum(int(count) for count in table["Test images"]) == 360
    assert "times as many as the smallest" in texts(app)


def test_pixel_values_are_divided_by_the_largest_that_the_set_can_hold(app: AppTest) -> None:
    open_part(app, "Pixel values")
    assert list(app.table[0].value["Can be"]) == ["0 to 16", "0 to 1"]
    assert "divides each value by 16" in texts(app)
    # What it says to try is on the form, by these very names.
    assert "choose *None* as *Input scaling*, *SGD* as *Optimiser* and a learning rate of 0.1" in texts(app)
    assert SCALINGS["none"].title == "None" and TrainingSpec.model_fields["scaling"].title == "Input scaling"


def test_two_classes_can_be_chosen_and_their_difference_is_told_or_why_there_is_none(app: AppTest) -> None:
    open_part(app, "Mean and spread")
    first, second = (app.selectbox(key=f"difference_{position}_digits") for position in (0, 1))
    assert first.value != second.value
    first.set_value(4)
    second.set_value(9)
    app.run()
    assert "where 4 is brighter" in texts(app) and "where 9 is brighter" in texts(app)
    assert list(app.table[0].value)[2:4] == ["Mean of 4", "Mean of 9"]
    app.selectbox(key="difference_1_digits").set_value(4).run()
    assert "Choose two" in app.info[0].value


def test_ink_of_colour_images_is_explained_away(app: AppTest, home: Path) -> None:
    open_part(app, "Ink, size and place", "colours")
    assert "no ink on paper" in app.info[0].value
    assert not app.table


def test_each_measure_of_the_ink_has_its_chart(app: AppTest) -> None:
    open_part(app, "Ink, size and place")
    told = set()
    for measure in ("ink", "height", "width", "row", "column"):
        app.segmented_control(key="ink_measure").set_value(measure).run()
        assert not app.exception and not app.error
        told |= {line for line in texts(app).splitlines() if line.startswith(("Highest median", "The median is the same"))}
    assert len(told) == 5


def test_moving_the_answer_moves_the_loss(app: AppTest) -> None:
    open_part(app, "One-hot labels")
    app.selectbox(key="one_hot_label_digits").set_value(3)
    app.slider(key="one_hot_percent").set_value(50)
    app.run()
    assert "a single 1 at place 3" in texts(app)
    assert "−ln(0.50) = 0.69" in texts(app)


def test_a_row_a_pixel_and_a_place_lead_to_the_same_number(app: AppTest) -> None:
    open_part(app, "Flattening")
    app.slider(key="flatten_row_digits").set_value(2).run()
    assert list(app.table[0].value["Index in the row"]) == list(range(16, 24))
    app.segmented_control(key="flatten_by").set_value("A pixel").run()
    app.slider(key="flatten_pixel_row_digits").set_value(2)
    app.slider(key="flatten_pixel_column_digits").set_value(5)
    app.run()
    assert "2 x 8 + 5 = 21" in texts(app)
    pixel = app.table[0].value
    app.segmented_control(key="flatten_by").set_value("A place in the long row").run()
    app.number_input(key="flatten_place_digits").set_value(21).run()
    assert "21 divided by 8 is 2, the row, with 5 left over" in texts(app)
    assert app.table[0].value.equals(pixel)
