"""Plain tables: the one way in which pages show them, so that what is a number in a cell reads as one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st


def show_table(table: pd.DataFrame, **look: Any) -> None:
    """A table whose cells are read as Markdown. Names in it have been through `plain`; `look` is for `st.table`."""
    st.table(table.map(_keep_sign), **look)


def _keep_sign(cell: object) -> object:
    """ ">99.9 %" as it is: where it begins a cell, Markdown takes the sign for the beginning of a quotation and leaves it out."""
    return f"\\{cell}" if isinstance(cell, str) and cell.startswith(">") else cell
