"""What may stand in a name: what can be seen, and what joins it. And how to show a name in which more stands."""

from __future__ import annotations

import unicodedata

_JOINERS = {0x200C: None, 0x200D: None}
"""The zero-width joiner and non-joiner: Persian and Hindi are spelled with them, and emoji of several parts."""


def is_printable(text: str) -> bool:
    """Whether a text holds nothing but characters that are printed, and those that join them."""
    return text.translate(_JOINERS).isprintable()


def escape(text: str) -> str:
    r"""The text with each character that is not printed as in Python, `\x1b`: what it would do to a terminal is seen and not done."""
    return "".join(map(_escape_one, text)) if not is_printable(text) else text


def _escape_one(character: str) -> str:
    # Spaces of other widths are not printable to Python, and do no harm.
    if is_printable(character) or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
