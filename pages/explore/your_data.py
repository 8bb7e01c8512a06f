"""Bring your own images, and look after the sets on this machine."""

from pages.components import frame, importing, library

frame.page_header(
    "Your data",
    "Bring your own images and train on them like on any other set. You see what is in them before anything is stored.",
)
importing.render_import()
library.render_library()
