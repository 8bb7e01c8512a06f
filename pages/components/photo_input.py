"""Reading ink from a picture: a file, the camera, or the clipboard."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.datasets.importing.pictures import SUFFIXES
from core.datasets.single_image import MAX_FILE_BYTES
from core.drawing.photo import Tone, read_picture
from core.drawing.sketch import Sketch
from core.errors import DrawingError
from core.figures.photo_steps import PhotoStepsInfo, build_photo_steps, describe_photo_steps, draw_photo_steps, photo_steps_table
from pages.components import choices, frame, gallery, paste, remembering, saving, state
from pages.components.words import plain

_TONES = {Tone.AUTO: "Let Inkling tell", Tone.DARK: "Dark ink on light paper", Tone.LIGHT: "Light ink on dark ground"}


class Source(StrEnum):
    """Where a picture comes from."""

    FILE = "File"
    CAMERA = "Camera"
    CLIPBOARD = "Clipboard"


def show_photo_input(key: str) -> Sketch | None:
    """The choice of a picture, and how its ink was found.

    Returns the ink with the picture's colours, and no ink where none was found; None, after saying why, without a picture that can be read.
    """
    source = choices.choose(
        "Picture from",
        Source,
        default=Source.FILE,
        key=f"{key}_source",
        help="A picture file, a photo taken now, or what you copied elsewhere.",
    )
    data = _bring(source, key)
    tone = st.selectbox(
        "Ink",
        list(Tone),
        format_func=_TONES.__getitem__,
        key=f"{key}_tone",
        help="Which is the ink: if Inkling takes the paper for it, say it here.",
        persist_state="session",
    )
    if data is None:
        return None
    try:
        sketch, stages = _read(hashlib.sha256(data).hexdigest(), tone, data)
    except DrawingError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    state.keep_drawing(sketch.ink.tobytes(), (sketch.ink.shape[0], sketch.ink.shape[1]))
    remembering.note_drawing()
    _show_stages(stages, key)
    return sketch


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(key: str, tone: Tone, _data: bytes) -> tuple[Sketch, PhotoStepsInfo]:
    reading = read_picture(_data, tone)
    return reading.sketch, build_photo_steps(reading)


def _bring(source: Source, key: str) -> bytes | None:
    """The picture's bytes, unchecked; None until there is one."""
    if source == Source.CLIPBOARD:
        st.caption("Copy a picture, such as a screenshot, then paste it here. It stays until you paste another or close the page.")
        return paste.take_pasted(f"{key}_paste")
    file = _upload(key) if source == Source.FILE else _photograph(key)
    return None if file is None else file.getvalue()


def _upload(key: str) -> UploadedFile | None:
    megabytes = MAX_FILE_BYTES // 1_000_000
    return st.file_uploader(
        "Picture file",
        type=[suffix.removeprefix(".") for suffix in sorted(SUFFIXES)],
        key=f"{key}_file",
        max_upload_size=megabytes,
        help=f"A PNG, JPEG, WebP, BMP or GIF picture of at most {megabytes} MB: a photo of paper, a scan or a screenshot. "
        "It stays on the computer that runs Inkling, and is forgotten when you leave the page.",
    )


def _photograph(key: str) -> UploadedFile | None:
    st.caption(
        "Your browser asks whether this page may use the camera. The photo goes to the computer that runs Inkling and nowhere else, "
        "and is forgotten when you leave the page."
    )
    return st.camera_input("Photo of paper", key=f"{key}_camera", help="Let the figure fill about half of the photo. Shadows may stay.")


def _show_stages(info: PhotoStepsInfo, key: str) -> None:
    st.caption(describe_photo_steps(info))
    with st.expander("How the ink was found", key=f"{key}_steps", on_change="rerun") as part:
        if not part.open:
            return
        gallery.show_picture(draw_photo_steps(info, frame.figure_theme()), alt="; ".join(info.titles))
        st.caption("Look for a stroke that gets lost, or something that is no stroke and stays.")
        st.markdown("\n".join(f"{title}: {plain(sentence)}" for title, sentence in zip(info.titles, info.sentences, strict=True)))
        saving.offer_files(
            name=f"{key}-stages", table=lambda: photo_steps_table(info), figure=lambda: draw_photo_steps(info, frame.figure_theme())
        )
