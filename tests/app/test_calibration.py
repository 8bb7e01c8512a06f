"""Calibration below a network's scores: two diagrams, and the images in a bin."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import services
from tests.app.conftest import FakeCompute
from tests.app.rival_networks import DIGITS, RivalCompute, add_network
from tests.app.test_pages import metrics, texts

SCRIPT = """
import streamlit as st
from core.datasets.image_set import Split
from pages.components import calibration, scoring, services

scored = scoring.find_scored(services.store().load(st.query_params["shown"]), Split(st.query_params.get("half", "test")))
if scored is not None:
    calibration.render_calibration(scored)
"""


@pytest.fixture
def rivals(compute: FakeCompute) -> RivalCompute:
    fake = RivalCompute(compute.store)
    services.provide(compute=fake)
    return fake


def look(run_id: str, **parameters: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=30)
    for name, value in {"shown": run_id, **parameters}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_a_network_that_is_too_sure_gets_a_temperature_above_1(rivals: RivalCompute) -> None:
    # It says 90 % and is right in four of five cases.
    app = look(add_network(rivals, 5))
    assert not app.exception and not app.error
    shown = metrics(app)
    assert shown["Calibration error"] == "10.0 %"
    assert float(shown["Error with temperature"].rstrip(" %")) < 5
    assert float(shown["Temperature"]) > 1.1
    assert "On 360 test images it says 90.0 % on average and is right in 80.0 % of the cases: too sure." in said(app)
    assert "validation images" in said(app) and "makes it less sure" in said(app)
    assert [table.value["Is right in"].tolist() for table in app.table] == [["80.0 %"], ["80.0 %"]]


def test_a_bin_chosen_by_keyboard_shows_its_images(rivals: RivalCompute) -> None:
    app = look(add_network(rivals, 5))
    [picker] = [box for box in app.selectbox if box.label == "Bin"]
    assert picker.options[0] == "None" and picker.options[1] == "86.7 to 93.3 %, as it is: 288 of 360 right"
    picker.select_index(1).run()
    assert not app.exception and not app.error
    assert "It says 86.7 to 93.3 %, as it is: right in 80.0 % of the cases" in said(app)
    picker = next(box for box in app.selectbox if box.label == "Bin")
    picker.select_index(2).run()
    assert not app.exception and not app.error
    assert "with temperature: right in 80.0 % of the cases" in said(app)


def test_a_run_that_held_nothing_back_is_shown_as_it_is_and_told_why(rivals: RivalCompute) -> None:
    app = look(add_network(rivals, 5, DIGITS.model_copy(update={"recipe": None, "validation_split": 0.0})))
    assert not app.exception and not app.error
    assert "This run held no images back for validation" in said(app)
    assert "Temperature" not in metrics(app)
    assert len(app.table) == 1


def test_validation_images_without_a_mistake_can_not_tell_how_sure_is_too_sure(rivals: RivalCompute) -> None:
    app = look(add_network(rivals, 10_000))
    assert not app.exception and not app.error
    assert "can't tell how sure is too sure" in said(app)
    assert len(app.table) == 1


def test_the_validation_images_themselves_flatter_the_temperature(rivals: RivalCompute) -> None:
    app = look(add_network(rivals, 5, sealed=True), half="training")
    assert not app.exception and not app.error
    assert "fitted on these very images" in said(app)
    assert "validation images it says 90.0 % on average" in said(app)
