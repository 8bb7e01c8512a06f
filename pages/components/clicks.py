"""Charts whose marks can be clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.figures.chart import Chart
from pages.components import state


def show_clickable(chart: Chart, *, key: str, alt: str, selection: str, on_click: Callable[[Mapping[str, Any]], None]) -> None:
    """As `gallery.show_chart`, and a click calls `on_click` with the fields of the mark before the script runs again.

    A chart is not for the keyboard: give it a widget beside it that does the same, and let that widget's callback be
    `state.forget_clicks(key)`, or a click on what was clicked last would be lost.

    Args:
        chart: with a point selection named `selection` over the fields wanted.
        key: the chart's, for `state.forget_clicks`.
        alt: the chart in words.
    """
    widget = state.clicks_key(key)

    def clicked() -> None:
        marks = _marks(state.component_value(widget, "selection"), selection)
        if marks:
            on_click(marks[-1])

    st.vega_lite_chart(chart.data, chart.spec, theme=None, key=widget, alt=alt, on_select=clicked, selection_mode=[selection])


def _marks(selections: object, name: str) -> list[Mapping[str, Any]]:
    """What is selected, as far as the browser sent anything sensible."""
    marks = selections.get(name) if isinstance(selections, Mapping) else None
    return [mark for mark in marks if isinstance(mark, Mapping)] if isinstance(marks, list) else []
