"""What every Vega-Lite chart here is: a document that stays the same, and the data that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.rates import format_percent


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart for `st.vega_lite_chart(chart.data, chart.spec, theme=None)`.

    As long as `spec` is equal to the last one, the browser keeps the chart and only swaps the data. It is a plain dict because
    building the same through Altair's classes takes fifty times as long, and live charts are built several times a second.

    Attributes:
        spec: a Vega-Lite 5 or 6 document without data.
        data: one row for each mark, columns as named in `spec`.
    """

    spec: dict[str, Any]
    data: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """One self-contained Vega-Lite document with the data inside, for a file or a report."""
        return {**self.spec, "data": {"values": self.data.to_dict(orient="records")}}


def with_percents(data: pd.DataFrame, *columns: str, digits: int = 1) -> pd.DataFrame:
    """The same data with each of these columns, shares from 0 to 1, in words as well, for `percent_tooltip`.

    Vega's own "format" rounds what is not quite all to 100 %; these words follow the rule of `core.rates`.
    """
    return data.assign(**{_in_words(column): [format_percent(share, digits) for share in data[column]] for column in columns})


def percent_tooltip(field: str, title: str) -> dict[str, Any]:
    """The entry of a tooltip that tells a share, for data that has gone through `with_percents`."""
    return {"field": _in_words(field), "title": title, "type": "nominal"}


def _in_words(column: str) -> str:
    return f"{column}_in_words"
