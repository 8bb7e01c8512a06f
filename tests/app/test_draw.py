"""The Draw page: who reads, what it says of a drawing, and what it says of something it has never seen."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.networks.recipes import DEFAULT_RECIPE, RECIPES
from core.shipped.card import SHIPPED, load_card
from pages.components import services
from tests.app.conftest import ROOT, FakeCompute
from tests.unit.drawing.pen import draw_strokes, load_strokes


def show_seven() -> None:
    """What the fragment does once something was drawn, without the canvas, which can't be drawn on here."""
    from core.drawing.sketch import Sketch
    from pages.components import readers, reading
    from tests.app.test_draw import seven

    first, second = readers.pick_readers()
    for number, reader in enumerate(filter(None, (first, second))):
        prepared = reader.prepare(Sketch(seven()))
        reading.show_reading(reader, prepared, reading.ask(reader, prepared.image[None]), key=str(number))


NEAREST = """
import streamlit as st
from core.drawing.sketch import Sketch
from pages.components import nearest_drawn, reading, readers
from tests.app.test_draw import seven


def show():
    reader = readers.find_reader("shipped")
    nearest_drawn.show_nearest(reader, reading.ask(reader, reader.prepare(Sketch(seven())).image[None]))


st.navigation([st.Page(show), st.Page("pages/explore/samples.py", title="Samples")]).run()
"""


def seven() -> np.ndarray:
    return draw_strokes(next(drawn for drawn in load_strokes() if drawn.digit == 7).strokes)


def said(app: AppTest) -> str:
    """All words on the page, without the backslashes that keep Markdown out of them."""
    return " ".join(element.value for kind in ("markdown", "caption", "info", "warning") for element in app.get(kind)).replace("\\", "")


def trained(compute: FakeCompute) -> str:
    run_id = compute.submit(RECIPES[DEFAULT_RECIPE].spec)
    compute.finish(run_id)
    return run_id


def test_with_nothing_trained_the_network_that_comes_with_inkling_reads(app: AppTest) -> None:
    app.switch_page("pages/predict/draw.py").run()
    assert not app.exception and not app.error
    assert app.selectbox[0].value == SHIPPED and app.selectbox[1].disabled
    assert "Draw a digit on the black square" in said(app)


def test_its_card_says_what_it_learned_from_how_good_it_is_and_what_it_calls_novel(app: AppTest) -> None:
    app.switch_page("pages/predict/draw.py").run()
    assert "About this network" in [expander.label for expander in app.expander]
    words, card = said(app), load_card()
    assert f"{card.test_accuracy * 100:.2f} %" in words and "python -m core pretrain" in words
    # In two halves, each short enough for its cell.
    shown = str([table.value.to_dict() for table in app.table])
    assert f"{card.dataset_sha256[:32]} {card.dataset_sha256[32:]}" in shown
    assert all(limit.split("(")[0] in words for limit in card.limits)


def test_a_drawing_that_resembles_what_it_learned_is_read(compute: FakeCompute) -> None:
    app = AppTest.from_function(show_seven, default_timeout=30).run()
    assert not app.exception
    assert "Read as 7 (90.0 %)" in said(app) and "Nothing unusual found: of 6,000 real digits" in said(app)
    assert "Odd shapes can pass this check." in said(app)


def test_something_it_has_never_seen_gets_no_answer_but_a_guess(compute: FakeCompute) -> None:
    compute.distance = 0.9
    app = AppTest.from_function(show_seven, default_timeout=30).run()
    assert "Unlike anything it has seen" in app.warning[0].value
    assert "Having to choose, it would say 7 (90.0 %)" in said(app)
    assert "Read as" not in said(app)


@pytest.mark.parametrize("distance", [0.1, 0.9])
def test_with_few_real_images_to_compare_with_it_is_read_and_called_neither_familiar_nor_novel(
    compute: FakeCompute, distance: float
) -> None:
    compute.distance, compute.measured = distance, 3
    app = AppTest.from_function(show_seven, default_timeout=30).run()
    assert "Read as 7" in said(app) and not app.warning
    assert "Too few digits to tell whether anything is unusual" in said(app) and "Nothing unusual" not in said(app)


def test_a_run_beside_the_shipped_network_reads_the_same_drawing(compute: FakeCompute) -> None:
    run_id = trained(compute)
    app = AppTest.from_function(show_seven, default_timeout=30).run()
    app.selectbox[1].select(run_id).run()
    assert not app.exception
    assert said(app).count("Read as 7") == 2


def test_until_it_is_known_what_a_run_has_seen_its_answer_is_shown_and_said_to_be_unjudged(compute: FakeCompute) -> None:
    run_id = trained(compute)
    compute.distance, compute.holds_jobs = None, True
    app = AppTest.from_function(show_seven, default_timeout=30)
    app.query_params["run"] = run_id
    app.run()
    assert app.selectbox[0].value == run_id
    assert "Read as 7" in said(app) and "Inkling is finding out what this network has seen" in said(app)


def test_a_run_in_the_address_reads_and_one_that_is_not_here_is_told(app: AppTest, compute: FakeCompute) -> None:
    run_id = trained(compute)
    app.query_params["run"] = run_id
    app.switch_page("pages/predict/draw.py").run()
    assert app.selectbox[0].value == run_id
    app.query_params["run"] = "0123456789ab"
    app.run()
    assert "There is no run" in app.warning[0].value and not app.exception


def test_the_nearest_training_images_are_named_where_their_pictures_are_not_here(compute: FakeCompute) -> None:
    script = services.settings().home / "app.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(NEAREST)
    (script.parent / "pages").symlink_to(ROOT / "pages")
    app = AppTest.from_file(str(script), default_timeout=30).run()
    assert not app.exception
    assert "once MNIST is on this computer" in app.info[0].value
    assert app.table[0].value["Training image"].tolist() == ["11", "22", "33"]
    assert "one real image in 20" in said(app)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_novel_drawing_is_said_to_be_further_away_than_real_ones(share: float) -> None:
    from core.figures.novelty import NoveltyInfo, describe_novelty

    words = describe_novelty(NoveltyInfo(0.9, 0.3, share, 6_000, 14_000, ()), "digits")
    assert ("than all 6,000 real digits" if share == 1 else "than 50.0 % of 6,000 real digits") in words
