"""Taking things home: a table as CSV, a figure as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pandas as pd
import streamlit as st
from matplotlib.figure import Figure

from core.figures.samples import figure_bytes

_PICTURES: tuple[tuple[Literal["png", "svg"], str], ...] = (("png", "image/png"), ("svg", "image/svg+xml"))


def offer_files(*, name: str, table: Callable[[], pd.DataFrame] | None = None, figure: Callable[[], Figure] | None = None) -> None:
    """Buttons to save what is shown, made when one is pressed: most is never saved.

    Args:
        name: what the files are called; different for each place on a page.
        table: the numbers behind it, with an index worth keeping or none.
        figure: the same in matplotlib.
    """
    with st.container(horizontal=True):
        if table is not None:
            _offer("csv", "text/csv", lambda: _csv(table()), name)
        for kind, mime in _PICTURES if figure is not None else ():
            _offer(kind, mime, lambda kind=kind: figure_bytes(figure(), kind), name)


def _offer(kind: str, mime: str, data: Callable[[], bytes], name: str) -> None:
    st.download_button(
        f"Save as {kind.upper()}",
        data=data,
        file_name=f"{name}.{kind}",
        mime=mime,
        icon=":material/download:",
        type="tertiary",
        key=f"save_{name}_{kind}",
        on_click="ignore",
    )


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=table.index.name is not None).encode("utf-8")
