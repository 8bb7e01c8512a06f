"""A box to paste a picture into from the clipboard: our own component, whose browser side is `paste.js`."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from core.datasets.single_image import MAX_FILE_BYTES
from pages.components import state

_ADDRESS = "data:image/png;base64,"
_FOLDER = Path(__file__).parent

_mount = st.components.v2.component(
    "inkling_paste",
    html="""
    <div class="paste">
      <div class="box" data-part="box" contenteditable="true" inputmode="none" role="textbox" spellcheck="false"
        aria-label="Box to paste a picture into"><span contenteditable="false">Click here, then press Ctrl+V (Cmd+V on a Mac)</span></div>
      <button type="button" data-part="button" hidden>Paste from the clipboard</button>
      <p data-part="said" role="status" aria-live="polite"></p>
    </div>
    """,
    css=(_FOLDER / "paste.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "paste.js").read_text(encoding="utf-8"),
)


def take_pasted(key: str) -> bytes | None:
    """The box. Returns the picture that was pasted last in this visit, a PNG file that nobody has checked yet; None before."""

    def keep() -> None:
        picture = unpack_address(state.component_value(key, "pasted"))
        if picture is not None:
            state.keep_pasted(picture)

    _mount(key=key, on_pasted_change=keep)
    return state.pasted()


def unpack_address(address: object) -> bytes | None:
    """The bytes of a PNG in a `data:` address, if it is one of reasonable size: a browser can send anything."""
    if not isinstance(address, str) or not address.startswith(_ADDRESS) or len(address) > MAX_FILE_BYTES * 4 / 3:
        return None
    try:
        return base64.b64decode(address.removeprefix(_ADDRESS), validate=True)
    except ValueError:
        return None
