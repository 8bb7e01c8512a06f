"""Names that others gave, shown as they are."""

from __future__ import annotations

import re
import string

import pytest

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
