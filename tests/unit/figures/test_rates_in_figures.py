"""Shares in charts, tooltips and on the command line follow the one rule of `core.rates`: what is not quite all never reads as 100 %."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from core.figures.chart import percent_tooltip, with_percents

ROOT = Path(__file__).parents[3]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")])


def read(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_words_beside_a_share_follow_the_rule() -> None:
    data = with_percents(pd.DataFrame({"share": [1.0, 0.9999, 0.5, 0.0001, 0.0]}), "share")
    entry = percent_tooltip("share", "Accuracy")
    assert data[entry["field"]].tolist() == ["100.0 %", ">99.9 %", "50.0 %", "<0.1 %", "0.0 %"]
    assert "format" not in entry


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_tooltip_and_no_sentence_rounds_a_share_by_itself(path: Path) -> None:
    """Axes may: their ticks are what they say. A tooltip is a dict with a field and a format, a sentence an f-string."""
    tooltips = [
        node.lineno
        for node in read(path)
        if isinstance(node, ast.Dict)
        for names in [{key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)}]
        if "field" in names and "format" in names
        for part in ast.walk(names["format"])
        if isinstance(part, ast.Constant) and "%" in str(part.value)
    ]
    sentences = [
        node.lineno
        for node in read(path)
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None
        for part in ast.walk(node.format_spec)
        if isinstance(part, ast.Constant) and str(part.value).endswith("%")
    ]
    assert (tooltips, sentences) == ([], [])
