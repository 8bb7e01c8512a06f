"""Names in scripts that join their letters are names."""

from __future__ import annotations

import pytest

from core.printable import is_printable


@pytest.mark.parametrize("name", ["cat", "می\u200cخواهم", "क्\u200dष", "\U0001f3f3\ufe0f\u200d\U0001f308", "a b"])
def test_what_can_be_read_is_printable(name: str) -> None:
    assert is_printable(name)


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\u202egnp.exe", "\ud800"])
def test_what_can_not_be_read_is_not(name: str) -> None:
    assert not is_printable(name)
