"""Text that others wrote, such as the names of classes and files, on its way into Streamlit's Markdown."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

# What Streamlit turns into a link, a picture or another sign after Markdown has been read, where no backslash helps any more:
# http://, www., an e-mail address, the logo, arrows and dashes.
_LATE = re.compile(r"(?<=:)(?=//|streamlit:)|(?<=www)(?=\.)|(?=@)|(?<=[-<>~=])(?=[-<>=])", re.IGNORECASE)

_WORD_JOINER = "\u2060"
"""Has no width and shows nothing. It only parts what would otherwise be taken for one sign."""


def plain(text: str) -> str:
    """The text as Markdown that shows exactly it: no emphasis, link, formula, colour, icon, picture or HTML, whatever it holds."""
    return _PUNCTUATION.sub(r"\\\1", _LATE.sub(_WORD_JOINER, text.strip()))
