"""A training under somebody's hands: paused, slowed down, stopped, continued; and the coach's experiment taken up."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from tests.browser.hand import wait_until_idle
from tests.browser.sent_ahead import send_again, send_ahead
from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def start_long_training(page: Page) -> str:
    """Long enough to be still going on, however fast the machine is. Returns the run's id once its first epoch is over."""
    for label, value in (("Units", "1024"), ("Epochs", "500"), ("Batch size", "1")):
        page.get_by_role("spinbutton", name=label).fill(value)
        page.get_by_role("spinbutton", name=label).press("Enter")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text(re.compile(r"After [1-9]\d* of 500 epochs")).first).to_be_visible(timeout=60_000)
    return page.url.partition("run=")[2]


def choose(page: Page, field: str, option: str) -> None:
    """As a person would who finds the list closed again by what the page still had to draw."""
    box, wanted = page.get_by_role("combobox", name=field, exact=True).first, page.get_by_role("option", name=option, exact=True)
    for _ in range(10):
        wait_until_idle(page)
        box.click()
        with suppress(TimeoutError):
            wanted.click(timeout=5_000)
        # On a busy machine the click may be done and its time be over all the same.
        page.keyboard.press("Escape")
        if box.input_value() == option:
            return
    raise AssertionError(f"the list of {field} did not stay open")


@pytest.mark.parametrize("seconds", [0, 0.1])
def test_what_the_browser_sends_ahead_and_once_more_is_done_once_and_in_full(server: Server, page: Page, seconds: float) -> None:
    # Right behind, the second breaks off what the first does; later, both would be done.
    twice = send_ahead(page, seconds)
    page.goto(f"{server.url}/build")
    run = start_long_training(page)
    layers, batch_size = page.get_by_role("button", name="More", exact=True), page.get_by_role("spinbutton", name="Batch size").first
    expect(layers).to_have_count(1)
    page.get_by_role("button", name="Add", exact=True).click()
    wait_until_idle(page)
    expect(layers).to_have_count(2)

    choose(page, "Recipe", RECIPES["mnist-784-32-sgd"].title)
    expect(batch_size).to_have_value("500")
    expect(layers).to_have_count(2)
    choose(page, "Recipe", RECIPES["digits-64"].title)
    expect(batch_size).to_have_value("32")
    expect(layers).to_have_count(1)
    choose(page, "Optimiser", OPTIMISERS["sgd"].title)
    expect(page.get_by_role("spinbutton", name="Learning rate").first).to_have_value(f"{OPTIMISERS['sgd'].default_rate:g}")

    wait_until_idle(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", name="What the curves say").first).to_be_visible()
    page.get_by_role("button", name="Continue", exact=True).first.click()
    expect(page.get_by_role("button", name="Pause", exact=True).first).to_be_visible()
    # The buttons of the run before may stand there for a moment still.
    expect(page).to_have_url(re.compile(rf"run=(?!{run})\w+"))
    assert any(button.endswith("run_continue") for button in twice)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    expect(page.get_by_text("2 runs, 0 chosen.").first).to_be_visible()


def test_a_choice_that_is_sent_again_still_brings_the_settings_that_go_with_it(fresh_server: Server, page: Page) -> None:
    again = send_again(page)
    page.goto(f"{fresh_server.url}/build")
    rate, epochs = page.get_by_role("spinbutton", name="Learning rate").first, page.get_by_role("spinbutton", name="Epochs").first
    for seconds in (0.05, 0.1, 0.2):
        again.seconds = seconds
        for name in ("sgd", "adam"):
            choose(page, "Optimiser", OPTIMISERS[name].title)
            expect(rate).to_have_value(f"{OPTIMISERS[name].default_rate:g}")
        for name in ("mnist-784-32-sgd", "digits-64"):
            choose(page, "Recipe", RECIPES[name].title)
            expect(epochs).to_have_value(f"{RECIPES[name].spec.epochs}")
            expect(page.get_by_role("combobox", name="Recipe", exact=True).first).to_have_value(RECIPES[name].title)


def test_a_training_is_paused_steered_stopped_and_continued(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/build")
    run = start_long_training(page)

    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Go on", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Learning rate", exact=True).click()
    page.get_by_role("button", name="Half", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Go on", exact=True).click()
    # One click is one change, and all that happened at once is one mark.
    expect(page.get_by_text(re.compile(r"paused, went on, learning rate .*0\.5")).first).to_be_visible()

    for part, shown in (("First weights", "units of the layer"), ("Layers", "root mean squares"), ("Predictions", "it reads")):
        page.get_by_text(part, exact=True).click()
        expect(page.get_by_text(shown).first).to_be_visible()

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", name="What the curves say").first).to_be_visible()
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True).first).to_be_visible()
    # The buttons of the run before may stand there for a moment still.
    expect(page).to_have_url(re.compile(rf"run=(?!{run})\w+"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Continue", exact=True).first).to_be_visible()


def test_one_press_of_train_makes_one_run_and_the_coach_fills_the_form(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/build")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name=re.compile("^Try ")).first.click()
    expect(page.get_by_text("Filled in on the form").first).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    expect(page.get_by_text("1 run, 0 chosen.").first).to_be_visible()
