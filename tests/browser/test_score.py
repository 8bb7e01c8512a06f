"""Opening the test set and clicking through the confusion matrix on Predict > Score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.datasets.catalog import load_digits
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, TrainingStarted
from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PATIENCE = 60_000
"""Milliseconds for what a script run or the engine brings: a busy machine takes far longer than a visitor's."""


def store_network(home: Path) -> str:
    """A finished run on the digits that nobody had to wait for: its weights are the classes' mean images, which reads nine in ten right."""
    digits, spec = load_digits(), TrainingSpec(dataset="digits", hidden=())
    pixels = digits.x_train.reshape(len(digits.x_train), -1) / digits.max_value
    means = np.stack([pixels[digits.y_train == label].mean(axis=0) for label in range(digits.class_count)])
    # |x - m|² without |x|², which is the same for all classes.
    weights = [2 * means.T.astype(np.float32), -np.square(means).sum(axis=1).astype(np.float32)]
    store = RunStore(home)
    run_id = store.create(spec, digits.sha256).id
    store.append(run_id, TrainingStarted(650, 1150, 287, 36, {}))
    store.append(run_id, EpochEnded(1, 36, 0.5, 0.9, 0.5, 0.9, 50_000.0, 0.4))
    store.append(run_id, ArtefactReady("weights/final.npz", pack_weights(weights)))
    store.finish(run_id, RunState.FINISHED)
    store.close()
    return run_id


@pytest.fixture
def opened(tmp_path: Path, page: Page) -> Iterator[Page]:
    """The score of a network whose test set is open."""
    run_id = store_network(tmp_path / "home")
    server = Server(tmp_path / "home")
    try:
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}/score?run={run_id}")
        expect(page.get_by_text("No network's answers to these test images have been looked at").first).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Open the test set").click()
        # The engine may be warming up still.
        expect(page.get_by_text("The answers of 1 network to these test images").first).to_be_visible(timeout=3 * PATIENCE)
        yield page
    finally:
        server.stop()


def tiles(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-behind_tiles_{name} button")


def show_part(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def test_a_click_on_a_cell_shows_its_images_and_one_of_them_leads_on(opened: Page) -> None:
    show_part(opened, "Confusion")
    cells = opened.locator("[class*=st-key-confusion] .layer_0_marks path")
    right = cells.and_(opened.locator("[aria-label^='read as: 6; true class: 6;']"))
    right.click()
    group = opened.locator(".st-key-behind_tiles_confusion [role=group]")
    expect(group).to_have_attribute("aria-label", re.compile("test images: 6 read as 6"), timeout=PATIENCE)
    # The boxes beside the matrix follow.
    expect(opened.get_by_role("combobox", name="True class")).to_have_value("6", timeout=PATIENCE)
    tiles(opened, "confusion").nth(1).click()
    expect(tiles(opened, "confusion").nth(1)).to_have_attribute("aria-current", "true", timeout=PATIENCE)
    expect(opened.get_by_text("Its label says 6.")).to_be_in_viewport(timeout=PATIENCE)
    opened.get_by_role("button", name="Look inside").click()
    expect(opened.get_by_role("heading", name="One image", exact=True).first).to_be_visible(timeout=PATIENCE)
    expect(opened).to_have_url(re.compile(r"split=test.*image=\d+|image=\d+.*split=test"), timeout=PATIENCE)


def test_a_cell_can_be_chosen_again_after_the_keyboard_chose_another(opened: Page) -> None:
    show_part(opened, "Confusion")
    group = opened.locator(".st-key-behind_tiles_confusion [role=group]")

    def click_six() -> None:
        opened.locator("[class*=st-key-confusion] .layer_0_marks path[aria-label^='read as: 6; true class: 6;']").last.click()
        expect(group).to_have_attribute("aria-label", re.compile("6 read as 6"), timeout=PATIENCE)

    click_six()
    for name in ("True class", "Read as"):
        opened.get_by_role("combobox", name=name).click()
        opened.get_by_role("option", name="0", exact=True).click()
    expect(group).to_have_attribute("aria-label", re.compile("0 read as 0"), timeout=PATIENCE)
    click_six()


def test_a_bar_shows_its_class_and_its_bin(opened: Page) -> None:
    show_part(opened, "Classes")
    opened.locator("[class*=st-key-class_scores] .layer_0_marks path").nth(4).click()
    expect(opened.get_by_text("Images of 4", exact=True).first).to_be_visible(timeout=PATIENCE)
    show_part(opened, "Confidence")
    bars = opened.locator("[class*=st-key-confidence] .mark-rect path")
    bars.nth(bars.count() - 1).wait_for()
    opened.locator("[class*=st-key-confidence] .mark-rect path[aria-label*='right']").last.click()
    expect(tiles(opened, "confidence").first).to_be_visible(timeout=PATIENCE)
