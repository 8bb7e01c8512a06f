"""A choice of one among a few, always made: the one way in which pages ask for it and read the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.components import state

Option = TypeVar("Option")


def choose(label: str, options: Iterable[Option], *, key: str, default: Option, **look: Any) -> Option:
    """A row of buttons, one of which is pressed; returns its option, never nothing. Kept for the session, on all pages that ask it.

    `look` is for `st.segmented_control`: its texts, its width, what a change calls. With `bind` the page's address keeps the choice.
    """
    known = list(options)
    if "bind" in look:
        chosen = st.segmented_control(label, known, default=default, required=True, key=key, **look)
        return _match(chosen, known, default)
    held = _match(state.hold(key, default), known, default)
    chosen = st.segmented_control(label, known, required=True, key=key, **look)
    return state.note_choice(key, _match(chosen, known, held))


def pick(label: str, options: Sequence[str], *, key: str, chosen: str, note: Callable[[str], None], **look: Any) -> str:
    """A list of which one is chosen, where the choice stands elsewhere, such as in the page's address, which may change it too.

    `chosen` is the one that stands there, and `note` puts there what the user picks. Were it given to Streamlit as an index, each pick
    would make a list of its own, and every second pick would be lost. `look` is for `st.selectbox`.
    """

    def note_pick() -> None:
        # A list that had no option left has none to tell.
        if (picked := state.picked(key)) is not None:
            note(picked)

    state.put(key, chosen)
    st.selectbox(label, options, key=key, on_change=note_pick, **look)
    note(chosen)
    return chosen


def _match(chosen: Any, options: list[Option], default: Option) -> Option:
    """The option that equals what Streamlit handed back; `default` where it handed back nothing, or an option that is no more."""
    return options[options.index(chosen)] if chosen in options else default
