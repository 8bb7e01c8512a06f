"""Tables on pages: what begins a cell is no Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest


def _table() -> None:
    import pandas as pd

    from pages.components.tables import show_table

    show_table(pd.DataFrame({"Accuracy": [">99.9 %", "99.9 % (98.0 to >99.9 %)"], "Count": [1, 2]}))


def test_a_rate_above_what_can_be_written_keeps_its_sign() -> None:
    app = AppTest.from_function(_table).run()
    assert app.table[0].value["Accuracy"].tolist() == ["\\>99.9 %", "99.9 % (98.0 to >99.9 %)"]
    assert app.table[0].value["Count"].tolist() == [1, 2]


def test_every_table_of_numbers_is_shown_in_this_way() -> None:
    """Others only where all cells went through `plain`, or are fixed texts."""
    pages = Path(__file__).parents[2] / "pages"
    direct = {path.stem for path in pages.rglob("*.py") if re.search(r"\bst\.table\(", path.read_text())}
    assert direct == {"tables", "about_reader", "drawing_strokes", "drawing_why", "import_form", "importing", "several"}
