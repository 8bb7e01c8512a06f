"""Which run a page shows by itself: the newest that can be looked at here."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.record import RunState
from pages.components import services
from tests.app.conftest import FakeCompute
from tests.app.rival_networks import DIGITS, RivalCompute, add_network
from tests.app.test_pages import open_page, texts

PAGES = ("score", "mistakes", "one_image", "break_it", "compare")
GONE = DIGITS.model_copy(update={"recipe": None, "dataset": "gone"})


@pytest.fixture
def rivals(compute: FakeCompute) -> RivalCompute:
    fake = RivalCompute(compute.store)
    services.provide(compute=fake)
    return fake


def add_unreadable(compute: FakeCompute, *, sha256: str = "1" * 64, dataset: str = "gone") -> str:
    run_id = compute.store.create(GONE.model_copy(update={"dataset": dataset}), sha256).id
    compute.finish(run_id)
    return run_id


def chosen(app: AppTest, label: str = "Network") -> str:
    return next(str(box.value) for box in app.selectbox if box.label == label)


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


@pytest.mark.parametrize("page", PAGES)
def test_the_newest_run_whose_images_are_here_is_shown_and_what_is_newer_is_told(app: AppTest, rivals: RivalCompute, page: str) -> None:
    readable = add_network(rivals, 10)
    add_unreadable(rivals, dataset="digits")
    newest = add_unreadable(rivals)
    open_page(app, f"pages/predict/{page}.py")
    assert not app.exception
    assert chosen(app) == readable
    told = f"Newer, but passed over: gone 64 ({newest[:4]}). There is no data set called 'gone'"
    assert told in said(app) and "1 more was passed over as well." in said(app)
    # It does not go away with the first click, since the choice is not the visitor's.
    app.run()
    assert told in said(app)


def test_a_newer_run_that_learned_nothing_is_told_too(app: AppTest, rivals: RivalCompute) -> None:
    readable = add_network(rivals, 10)
    rivals.store.finish(rivals.store.create(DIGITS, rivals.sha256).id, RunState.STOPPED)
    open_page(app, "pages/predict/score.py")
    assert chosen(app) == readable
    assert "It learned nothing: its training ended (stopped)" in said(app)


def test_a_run_that_was_chosen_is_shown_as_it_is(app: AppTest, rivals: RivalCompute) -> None:
    older = add_network(rivals, 10)
    add_network(rivals, 20)
    add_unreadable(rivals)
    app.query_params["run"] = older
    open_page(app, "pages/predict/score.py")
    assert chosen(app) == older and "passed over" not in said(app)


def test_without_any_readable_run_the_newest_says_what_is_wrong(app: AppTest, rivals: RivalCompute) -> None:
    add_unreadable(rivals, dataset="digits")
    newest = add_unreadable(rivals)
    open_page(app, "pages/predict/score.py")
    assert chosen(app) == newest and "There is no data set called 'gone'" in said(app)


def test_the_second_network_is_readable_too(app: AppTest, rivals: RivalCompute) -> None:
    second = add_network(rivals, 10)
    # The same images under a name that is gone.
    add_unreadable(rivals, sha256=rivals.sha256)
    first = add_network(rivals, 20)
    open_page(app, "pages/predict/compare.py")
    assert not app.exception and not app.error
    assert (chosen(app), chosen(app, "Compared with")) == (first, second)


@pytest.mark.parametrize(("page", "label"), [("score", "Network"), ("draw", "Network"), ("compare", "Compared with")])
def test_each_pick_is_followed_however_many_were_made_before(app: AppTest, rivals: RivalCompute, page: str, label: str) -> None:
    for _ in range(3):
        add_network(rivals, 5)
    # What a run has seen, which Draw asks for, these networks don't tell.
    rivals.holds_jobs = page == "draw"
    open_page(app, f"pages/predict/{page}.py")
    for place in (1, 0, 1, 0, 0, 1):
        next(box for box in app.selectbox if box.label == label).select_index(place).run()
        assert not app.exception and not app.error
        assert next(box for box in app.selectbox if box.label == label).index == place


def test_a_network_in_the_address_comes_before_one_that_was_picked_earlier(app: AppTest, rivals: RivalCompute) -> None:
    first, second = add_network(rivals, 5), add_network(rivals, 4)
    open_page(app, "pages/predict/score.py")
    next(box for box in app.selectbox if box.label == "Network").select(second).run()
    app.query_params["run"] = first
    app.run()
    assert chosen(app) == first
