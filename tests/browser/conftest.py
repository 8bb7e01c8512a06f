"""A real server and a real Chromium. Skipped, saying so, where there is no Chromium; required in CI.

While Streamlit draws a page anew, an element may be there twice for a moment, the old one and the new. So tests look for the `first` one:
Playwright takes two for a mistake at once, however long it may wait.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.serving import CHROMIUM, CHROMIUM_ARGUMENTS, OFFLINE, Server

# The first page of a server comes while TensorFlow loads on all cores. How quick that is, is for the benchmarks to say.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI requires Chromium for the browser tests, and none is on the path")
        pytest.skip("no Chromium on the path: the browser tests are skipped")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "home")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave nothing behind: nothing is trained, no set is on the machine, and none can be had.

    An engine takes many seconds to start, and most tests need none of their own.
    """
    server = Server(tmp_path_factory.mktemp("fresh") / "home", **OFFLINE)
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()
