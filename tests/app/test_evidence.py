"""Evidence and the smallest patch on a page of their own, with answers that are known."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.compute.jobs import JobState
from core.networks.recipes import RECIPES
from core.predictions.patches import Change
from pages.components import services
from tests.app.conftest import FakeCompute
from tests.app.test_pages import press, texts

SCRIPT = """
import streamlit as st
from pages.components import evidence, services

network = st.query_params["shown"]
images = services.catalog().load("digits")
image = images.x_test[int(st.query_params.get("index", 0))]
about = {"max_value": 16, "class_names": images.class_names, "key": "shown"}
if st.query_params["part"] == "evidence":
    evidence.show_evidence(network, image, predicted=9, other=4, **about)
else:
    evidence.show_patch(network, image, **about)
"""


class ConsultedCompute(FakeCompute):
    """Remembers what it was asked about."""

    def __init__(self, store) -> None:
        super().__init__(store)
        self.asked: list[tuple] = []
        values = np.zeros((8, 8), np.float32)
        values[0, 7], values[4, 0] = 2.0, -1.0
        self.consultations["explain"] = {
            "evidence": values,
            "difference": np.array(np.log(33.0)),
            "baseline_difference": np.array(0.5),
            "completeness": np.array(0.01),
            "baseline": np.array(0, np.uint8),
            "is_exact": np.array(False),
        }
        self.consultations["occlude"] = {
            "loss": values,
            "agreement": np.array(0.9),
            "size": np.array(2),
            "places": np.array(30),
            "is_exact": np.array(False),
        }

    def consult(self, run_id, function, *arguments, lane=None):
        self.asked.append((function.__name__, arguments))
        return super().consult(run_id, function, *arguments)


@pytest.fixture
def consulted(compute: FakeCompute) -> ConsultedCompute:
    fake = ConsultedCompute(compute.store)
    services.provide(compute=fake)
    return fake


def look(compute: FakeCompute, part: str) -> AppTest:
    run_id = compute.store.create(RECIPES["digits-64"].spec, services.catalog().load("digits").sha256).id
    compute.finish(run_id)
    app = AppTest.from_string(SCRIPT, default_timeout=30)
    app.query_params["shown"], app.query_params["part"] = run_id, part
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception and not app.error
    return texts(app).replace("\\", "")


def test_the_map_is_told_in_words_and_as_a_table(consulted: ConsultedCompute) -> None:
    app = look(consulted, "evidence")
    words = said(app)
    assert "The network takes 9 to be 33 times as probable as 4. The upper right speaks most for 9 (+2.00)" in words
    assert "rank correlation +0.90" in words and "does not say that the network is right" in words
    assert [table.value.shape for table in app.table] == [(9, 2), (9, 2)]
    assert [(name, asked[-3:]) for name, asked in consulted.asked] == [("explain", (9, 4, False)), ("occlude", (9, 4, False))]


def test_another_class_to_compare_with_is_asked_for_and_never_the_same(consulted: ConsultedCompute) -> None:
    app = look(consulted, "evidence")
    [against] = app.selectbox
    assert against.value == 4 and "9" not in against.options
    against.set_value(7).run()
    assert "The network takes 9 to be 33 times as probable as 7." in said(app)
    assert consulted.asked[-1][1][-3:] == (9, 7, False)


def test_random_weights_are_asked_for_and_said_so(consulted: ConsultedCompute) -> None:
    app = look(consulted, "evidence")
    app.toggle[0].set_value(True).run()
    assert "has learned nothing, so its map explains nothing" in said(app)
    assert consulted.asked[-1][1][-3:] == (9, 4, True)


def test_what_was_answered_once_is_not_asked_again(consulted: ConsultedCompute) -> None:
    app = look(consulted, "evidence")
    app.run()
    said(app)
    assert len(consulted.asked) == 2
    app.query_params["index"] = "1"
    app.run()
    said(app)
    assert len(consulted.asked) == 4


def test_a_network_whose_weights_are_no_numbers_is_a_sentence(consulted: ConsultedCompute) -> None:
    consulted.consultations["explain"]["evidence"] = np.full((8, 8), np.nan, np.float32)
    app = look(consulted, "evidence")
    assert not app.exception and "no longer numbers" in app.error[0].value


def test_the_smallest_patch_is_told_in_a_sentence(compute: FakeCompute) -> None:
    numbers = {"found": True, "largest": 4, "row": 5, "column": 2, "size": 3, "change": int(Change.ERASED), "old_label": 9, "label": 4}
    compute.consultations["find_patch"] = {name: np.array(value) for name, value in numbers.items()} | {
        "probability": np.array(0.78),
        "changed": np.zeros((8, 8), np.uint8),
    }
    app = look(compute, "patch")
    assert "Erasing 3 x 3 pixels at row 5, column 2 turns the answer from 9 into 4 (78.0 %)." in said(app)
    assert app.table[0].value.shape == (1, 7)


def test_an_answer_that_no_patch_changes_is_said_so(compute: FakeCompute) -> None:
    compute.consultations["find_patch"] = {"found": np.array(False), "largest": np.array(4), "old_label": np.array(9)}
    assert "No single patch of up to 4 x 4 pixels changes the answer" in said(look(compute, "patch"))


def test_a_long_search_shows_how_far_it_is_and_can_be_called_off(compute: FakeCompute) -> None:
    compute.holds_jobs = True
    app = look(compute, "patch")
    said(app)
    [job] = compute.jobs.values()
    assert job.state == JobState.RUNNING
    press(app, "Cancel")
    [job] = compute.jobs.values()
    assert job.state == JobState.CANCELLED and "Called off" in said(app)
