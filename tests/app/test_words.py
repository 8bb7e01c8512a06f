"""Names that others gave, shown as they are."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.words import plain


@pytest.mark.parametrize(
    "name",
    [
        "*a*",
        "_a_",
        "[x](y)",
        ":red[x]",
        "$x$",
        "<b>x</b>",
        "`x`",
        "# x",
        "1. x",
        "a | b",
        "~~x~~",
        "![x](y)",
        "\\*",
        ":material/home:",
        "&lt;",
    ],
)
def test_no_punctuation_is_left_to_markdown(name: str) -> None:
    pairs = re.findall(r"\\(.)|(.)", plain(name).replace("\u2060", ""))
    assert "".join(escaped or bare for escaped, bare in pairs) == name
    assert not any(bare in string.punctuation for _, bare in pairs if bare)


@pytest.mark.parametrize("name", ["http://x", "www.x.org", "a@b.org", "a -> b", "a -- b", "a >= b", ":streamlit:"])
def test_what_becomes_a_link_or_a_sign_without_any_markdown_is_parted(name: str) -> None:
    assert "\u2060" in plain(name)


def test_letters_of_all_scripts_stay_as_they_are() -> None:
    assert plain(" Katze 猫 кошка قطة ") == "Katze 猫 кошка قطة"


def test_what_an_error_says_reaches_no_page_as_markdown() -> None:
    """An error repeats names of sets, files and runs, which are others' texts."""
    pages = Path(__file__).parents[2] / "pages"
    shown = re.compile(
        r"st\.(?:error|warning|info|toast|caption|spinner|markdown)\(\s*(?:f\"[^\"\n]*\{)?(?:str\(\w+\)|\w+\.(?:message|problem|error)\b)"
    )
    found = {f"{path.name}: {match[0]}" for path in pages.rglob("*.py") for match in shown.finditer(path.read_text())}
    assert not found


def test_training_and_test_images_are_called_splits_and_not_halves() -> None:
    """They are seldom of the same size. Comments and docstrings may call them halves of a set."""
    root = Path(__file__).parents[2]
    called = re.compile(r"^Half$|(training|test|validation) half|(this|the|its|other|both) hal(f|ves)( of the set)?[ .,]")
    found = []
    for path in [*root.glob("core/**/*.py"), *root.glob("pages/**/*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        others = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        # The factors of a learning rate have names too.
        others |= {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
        texts = [str(node.value) for node in nodes if isinstance(node, ast.Constant) and id(node) not in others]
        found += [f"{path.name}: {text}" for text in texts if called.search(text)]
    assert found == []


def _error_page() -> None:
    from core.errors import DatasetError
    from pages.components import frame

    with frame.errors_shown():
        raise DatasetError("There is no set called '![x](http://a.b/c.png) **$x$** :red[y]'.")


def test_a_name_in_an_error_is_shown_as_it_is() -> None:
    app = AppTest.from_function(_error_page).run()
    shown = str(app.error[0].value)
    assert "![" not in shown and "**" not in shown and ":red[" not in shown
    assert shown.replace("\\", "").replace("\u2060", "") == "There is no set called '![x](http://a.b/c.png) **$x$** :red[y]'."
