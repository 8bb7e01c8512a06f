"""What may stand in a name: what can be seen, and what joins it."""

from __future__ import annotations

_JOINERS = {0x200C: None, 0x200D: None}
"""The zero-width joiner and non-joiner: Persian and Hindi are spelled with them, and emoji of several parts."""


def is_printable(text: str) -> bool:
    """Whether a text holds nothing but characters that are printed, and those that join them."""
    return text.translate(_JOINERS).isprintable()
