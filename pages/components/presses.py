"""Presses of buttons, each taken once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from streamlit.runtime.scriptrunner import get_script_run_ctx

Parameters = ParamSpec("Parameters")


def once(callback: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """`callback` for a button that stands in no fragment, where twice would not be the same as once.

    A press waits in the browser for a moment. A fragment that looks by itself just then takes it along, and right afterwards it
    comes again, as a press on the whole page (Streamlit 1.67). The first would be broken off by the second wherever it is, or done
    in full as well; so it is left alone. Not for fields: a value that comes again is no change any more,
    so what has to follow from a field is done while the page is drawn, where it has not been done yet.
    """

    @wraps(callback)
    def taken(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        context = get_script_run_ctx()
        if context is None or not context.fragment_ids_this_run:
            callback(*args, **kwargs)

    return taken
