"""Tables as pages show them: plain values with headings for people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.figures.numbers import format_count
from core.networks.shapes import LayerRow


def layer_table(rows: Sequence[LayerRow]) -> pd.DataFrame:
    """The layers of a network, one a row, with shapes and counts as text."""
    return pd.DataFrame(
        {
            "Layer": [f"{row.layer}, {row.activation}" if row.activation else row.layer for row in rows],
            "Output shape": [" x ".join(map(str, row.output_shape)) for row in rows],
            "Parameters": [format_count(row.parameters) for row in rows],
            "Multiply-adds": [format_count(row.multiply_adds) for row in rows],
            "Where they come from": [row.how for row in rows],
        }
    )
