"""Names in scripts that join their letters are names."""

from __future__ import annotations

import pytest

from core.printable import escape, is_printable


@pytest.mark.parametrize("name", ["cat", "می\u200cخواهم", "क्\u200dष", "\U0001f3f3\ufe0f\u200d\U0001f308", "a b"])
def test_what_can_be_read_is_printable(name: str) -> None:
    assert is_printable(name)


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\u202egnp.exe", "\ud800"])
def test_what_can_not_be_read_is_not(name: str) -> None:
    assert not is_printable(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("new\nline\r", r"new\nline\r"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("no text \udcff", r"no text \udcff"),
        ("\x9b2J", r"\x9b2J"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_python_writes_it(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize("text", ["caf\u00e9", "5\u00a0%", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "C:\\new.png", ""])
def test_what_can_be_read_is_shown_as_it_is(text: str) -> None:
    assert escape(text) == text
