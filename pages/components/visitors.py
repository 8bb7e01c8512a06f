"""Who is who among browsers, and what each of them was at: what a reload or a second tab starts from.

A browser is known by a random cookie and nothing else. It says nothing about anybody, and ends when the browser is closed.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "inkling_visitor"

MOST_VISITORS = 200
"""Visitors that are remembered: those that did something last."""

MOST_BYTES = 1024**2
"""What is remembered of one visitor, roughly: a form, and a drawing of twenty long strokes."""

_FORM = re.compile(r"[A-Za-z0-9_-]{22}")
"""What `secrets.token_urlsafe` makes of 16 bytes."""

_NUMBER, _HOLDER = 32, 64
"""Bytes of a number, its place in a list included, and of what holds others without them."""


def find_visitor() -> str | None:
    """The browser that this session belongs to; None if it takes no cookies."""
    return _checked(st.context.cookies.get(COOKIE))


def _checked(cookie: object) -> str | None:
    return cookie if isinstance(cookie, str) and _FORM.fullmatch(cookie) else None


class VisitorCookie:
    """Gives each browser that asks for a page a cookie of its own. An ASGI middleware; lives in the server's event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _needs_cookie(Request(scope)):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={secrets.token_urlsafe(16)}; Path=/; HttpOnly; SameSite=Lax"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _needs_cookie(request: Request) -> bool:
    """Whether a browser opens a page (and not a file or a stream for it) that has no cookie yet, or one of another form."""
    is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    return is_page and _checked(request.cookies.get(COOKIE)) is None


class VisitorMemory:
    """What visitors were at, in parts that change together, such as a form. In memory alone: it ends with the server.

    Values are plain and are never changed once they are here. Thread contract: any thread may call any method.
    """

    def __init__(self, most_visitors: int = MOST_VISITORS, most_bytes: int = MOST_BYTES) -> None:
        self._most_visitors = most_visitors
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._parts: OrderedDict[str, dict[str, tuple[int, Mapping[str, Any]]]] = OrderedDict()

    def note(self, visitor: str, part: str, values: Mapping[str, Any]) -> None:
        """This part is so now. It is forgotten instead where it would be too much; the least recent visitor goes for a new one."""
        weight = weigh(values)
        with self._lock:
            parts = self._parts.setdefault(visitor, {})
            self._parts.move_to_end(visitor)
            parts.pop(part, None)
            if weight + sum(other for other, _ in parts.values()) <= self._most_bytes:
                parts[part] = weight, values
            while len(self._parts) > self._most_visitors:
                self._parts.popitem(last=False)

    def recall(self, visitor: str) -> dict[str, Mapping[str, Any]]:
        """The parts as they were noted last, by name; empty for somebody new."""
        with self._lock:
            if visitor not in self._parts:
                return {}
            self._parts.move_to_end(visitor)
            return {part: values for part, (_, values) in self._parts[visitor].items()}


def weigh(value: object) -> int:
    """About how many bytes a plain value takes."""
    if isinstance(value, (str, bytes)):
        return _HOLDER + len(value)
    if isinstance(value, Mapping):
        return _HOLDER + sum(weigh(key) + weigh(held) for key, held in value.items())
    if isinstance(value, (list, tuple)):
        return _HOLDER + sum(map(weigh, value))
    return _NUMBER
