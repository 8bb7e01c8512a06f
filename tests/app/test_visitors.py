"""What a visitor was at comes back to the next session of the same browser, and to no other."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import services, visitors
from pages.components.visitors import COOKIE, VisitorCookie, VisitorMemory, weigh
from tests.app.conftest import ROOT, FakeCompute, find_field
from tests.app.test_pages import open_page
from tests.app.test_your_data import PAGE as YOUR_DATA
from tests.app.test_your_data import FakeImporter, importer, option, surveyed

__all__ = ["importer"]

BUILD = "pages/train/build.py"
ANNA, BEN = "anna-" + "a" * 17, "ben-" + "b" * 18


class Browsers:
    """Opens sessions, each for the browser that is `current`."""

    current: str | None = ANNA

    def open(self, page: str, visitor: str | None) -> AppTest:
        self.current = visitor
        return open_page(AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30), page)


@pytest.fixture
def browsers(compute: FakeCompute, monkeypatch: pytest.MonkeyPatch) -> Browsers:
    browsers = Browsers()
    monkeypatch.setattr(visitors, "find_visitor", lambda: browsers.current)
    return browsers


def epochs(app: AppTest) -> Any:
    return find_field(app, "number_input", "draft_epochs")


def units(app: AppTest) -> list[Any]:
    return [widget for widget in app.number_input if str(widget.key).endswith("_units")]


def test_a_form_comes_back_with_its_layers_and_its_set(browsers: Browsers) -> None:
    app = browsers.open(BUILD, ANNA)
    epochs(app).set_value(17).run()
    units(app)[0].set_value(33).run()
    next(button for button in app.button if button.label == "Add").click().run()
    units(app)[1].set_value(44).run()
    again = browsers.open(BUILD, ANNA)
    assert not again.exception
    assert epochs(again).value == 17
    assert [widget.value for widget in units(again)] == [33, 44]
    assert again.selectbox(key="recipe_choice").value == app.selectbox(key="recipe_choice").value


def test_a_recipe_that_was_changed_is_not_filled_in_again(browsers: Browsers) -> None:
    app = browsers.open(BUILD, ANNA)
    app.selectbox(key="recipe_choice").set_value("nothing").run()
    epochs(app).set_value(17).run()
    again = browsers.open(BUILD, ANNA)
    assert again.selectbox(key="recipe_choice").value == "nothing"
    assert epochs(again).value == 17 and not units(again)


@pytest.mark.parametrize("other", [BEN, None])
def test_another_browser_starts_with_nothing(browsers: Browsers, other: str | None) -> None:
    usual = epochs(browsers.open(BUILD, other)).value
    epochs(browsers.open(BUILD, ANNA)).set_value(usual + 5).run()
    assert epochs(browsers.open(BUILD, other)).value == usual


def test_two_tabs_go_on_with_their_own_and_a_third_starts_from_what_changed_last(browsers: Browsers) -> None:
    first, second = browsers.open(BUILD, ANNA), browsers.open(BUILD, ANNA)
    epochs(first).set_value(17).run()
    epochs(second).set_value(18).run()
    first.run()
    assert (epochs(first).value, epochs(second).value) == (17, 18)
    assert epochs(browsers.open(BUILD, ANNA)).value == 18


def test_an_upload_that_was_looked_through_comes_back_with_its_form(browsers: Browsers, importer: FakeImporter) -> None:
    app = browsers.open(YOUR_DATA, ANNA)
    surveyed(app, importer)
    option(app, "text_input", "name").set_value("beasts").run()
    again = browsers.open(YOUR_DATA, ANNA)
    assert not again.exception
    assert option(again, "text_input", "name").value == "beasts"
    assert r"Preview of pets\.zip" in [heading.value for heading in again.subheader]
    assert r"Preview of pets\.zip" not in [heading.value for heading in browsers.open(YOUR_DATA, BEN).subheader]


def test_after_a_restart_of_the_server_everything_starts_afresh(browsers: Browsers) -> None:
    app = browsers.open(BUILD, ANNA)
    usual = epochs(app).value
    epochs(app).set_value(17).run()
    services.provide(visitor_memory=VisitorMemory())
    again = browsers.open(BUILD, ANNA)
    assert not again.exception and epochs(again).value == usual


def test_the_visitor_who_did_something_longest_ago_is_forgotten() -> None:
    memory = VisitorMemory(most_visitors=2)
    for visitor in ("a", "b"):
        memory.note(visitor, "draft", {"epochs": 1})
    memory.recall("a")
    memory.note("c", "draft", {"epochs": 2})
    assert [bool(memory.recall(visitor)) for visitor in "abc"] == [True, False, True]


def test_what_would_be_too_much_is_forgotten_and_the_rest_stays() -> None:
    memory = VisitorMemory(most_bytes=2000)
    memory.note("a", "draft", {"epochs": 1})
    memory.note("a", "drawing", {"ink": bytes(1000)})
    assert set(memory.recall("a")) == {"draft", "drawing"}
    memory.note("a", "drawing", {"ink": bytes(2000)})
    assert memory.recall("a") == {"draft": {"epochs": 1}}


def test_nested_values_weigh_at_least_what_is_in_them() -> None:
    assert weigh({"a": [b"x" * 1000, ("y" * 500, {"z": "q" * 300})]}) >= 1800
    assert weigh([1.5] * 100) >= 800


def test_many_visitors_at_once_each_get_back_their_own() -> None:
    memory = VisitorMemory()
    wrong = []

    def visit(number: int) -> None:
        for turn in range(200):
            memory.note(f"visitor {number}", "draft", {"epochs": (number, turn)})
            if memory.recall(f"visitor {number}") != {"draft": {"epochs": (number, turn)}}:
                wrong.append(number)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def given_cookies(*headers: tuple[bytes, bytes], method: str = "GET", kind: str = "http") -> list[str]:
    """The cookies that a request with these headers is answered with."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "method": method, "path": "/draw", "headers": list(headers), "query_string": b""}
    asyncio.run(VisitorCookie(app)(scope, None, send))  # type: ignore[arg-type]
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


PAGE_WANTED = (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")


def test_a_browser_gets_a_cookie_of_its_own_with_its_first_page() -> None:
    first, second = given_cookies(PAGE_WANTED), given_cookies(PAGE_WANTED)
    assert len(first) == 1 and first != second
    assert first[0].endswith("; Path=/; HttpOnly; SameSite=Lax")


def test_the_cookie_that_was_given_is_kept() -> None:
    cookie = given_cookies(PAGE_WANTED)[0].split(";")[0].encode()
    assert given_cookies(PAGE_WANTED, (b"cookie", cookie)) == []


@pytest.mark.parametrize("value", ["", "short", "x" * 23, "x" * 21 + "/", "x" * 100_000])
def test_a_cookie_of_another_form_is_replaced(value: str) -> None:
    assert len(given_cookies(PAGE_WANTED, (b"cookie", f"{COOKIE}={value}".encode()))) == 1


def test_files_streams_and_uploads_get_none() -> None:
    assert given_cookies((b"accept", b"*/*")) == []
    assert given_cookies(PAGE_WANTED, method="PUT") == []
    assert given_cookies(PAGE_WANTED, kind="websocket") == []


@pytest.mark.parametrize("value", [None, "", "../etc", "x" * 23, 7])
def test_a_page_takes_no_cookie_of_another_form(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        cookies: ClassVar[dict[str, object]] = {COOKIE: value}

    monkeypatch.setattr(visitors.st, "context", Context)
    assert visitors.find_visitor() is None
    Context.cookies = {COOKIE: ANNA}
    assert visitors.find_visitor() == ANNA
