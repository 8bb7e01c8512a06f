"""A visitor's work comes back after a reload: it is noted as it changes, and given to the next session of the same browser.

Two tabs each go on with their own; a tab notes only what was changed in it, and a new one starts from what was noted last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pages.components import services, state, visitors


@contextmanager
def remembered() -> Iterator[None]:
    """Around a page: a new session starts from what its visitor was at, and what the page changes is noted, however it ends."""
    state.note_page()
    if state.is_new():
        visitor = visitors.find_visitor()
        state.restore(services.visitor_memory().recall(visitor) if visitor else {})
    try:
        yield
    finally:
        for part in state.PARTS:
            _note(part)


def note_drawing() -> None:
    """What is drawn has changed. For fragments, which run without the page around them."""
    _note(state.DRAWING_PART)


def _note(part: str) -> None:
    values = state.take_changed(part)
    visitor = visitors.find_visitor() if values is not None else None
    if values is not None and visitor is not None:
        services.visitor_memory().note(visitor, part, values)
