"""Draw: why the network reads what it reads, and what to erase or add to change its mind."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.datasets.image_set import Images, fingerprint
from core.drawing.pipeline import PreparedDrawing
from core.drawing.reader import Reader
from core.figures.change_of_mind import (
    TITLES,
    ChangeOfMindInfo,
    build_change_of_mind,
    change_table,
    describe_way,
    draw_change_of_mind,
    draw_way,
    touch_table,
)
from core.predictions.change_of_mind import MAX_DABS, change_mind
from pages.components import choices, evidence, frame, gallery, saving, services
from pages.components.words import plain

_WAY_WIDTH = 230
"""Pixels below which the ways to change the drawing stand one below the other."""


class _Part(StrEnum):
    """Answers to why. Only the chosen one is worked out: the maps take longer to draw than a stroke may wait."""

    CHANGE = "What would change its mind"
    EVIDENCE = "What speaks for it"


def show_why(reader: Reader, prepared: PreparedDrawing, probabilities: NDArray[np.float32]) -> None:
    """What would change the network's mind about a drawing, or which pixels speak for its answer and which against.

    Args:
        prepared: the drawing as this network gets it.
        probabilities: its answer to that, `float32 (c,)`.
    """
    first, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    chosen = choices.choose(
        "Why",
        _Part,
        default=_Part.CHANGE,
        key="drawing_why",
        help="Either what to erase or add so that it reads something else, or how much each pixel speaks for the answer.",
    )
    if chosen == _Part.CHANGE:
        st.fragment(frame.guarded(_render_change))(reader, prepared.image, first, second)
        return
    evidence.show_evidence(
        reader.id,
        prepared.image,
        max_value=reader.max_value,
        class_names=reader.class_names,
        predicted=first,
        other=second,
        key=f"drawing_{reader.id}",
    )


def _render_change(reader: Reader, image: Images, first: int, second: int) -> None:
    """The three ways to change the drawing, side by side."""
    wanted = _pick_wanted(reader, first, second)
    key = services.compute().model_key(reader.id), fingerprint(image), wanted, reader.max_value
    info = build_change_of_mind(image, reader.max_value, wanted, _ask(key, reader.id, image), reader.class_names)
    with st.grid(len(info.ways), min_column_width=_WAY_WIDTH):
        for way in info.ways:
            with st.container():
                sentence = describe_way(info, way)
                st.markdown(f"**{TITLES[way.way]}**")
                gallery.show_picture(draw_way(info, way, frame.figure_theme()), alt=sentence)
                st.markdown(plain(sentence))
    width = f"{info.width:.2g}"
    pixels = "1 pixel" if width == "1" else f"{width} pixels"
    st.caption(
        f"A ring with a minus is erased, a ring with a plus is added; each is {pixels} wide, about as wide as a stroke. "
        f"They are found by trying: the dab that helps most is kept, then the next, at most {MAX_DABS}, so fewer might do. "
        "Would you still read what you drew? Then the network goes by something else than you do. All of this is about one drawing."
    )
    _offer(info)


def _pick_wanted(reader: Reader, first: int, second: int) -> int:
    others = [label for label in range(len(reader.class_names)) if label != first]
    return int(
        st.selectbox(
            "Make it read",
            others,
            index=others.index(second),
            format_func=lambda label: reader.class_names[label],
            # Another drawing has another runner-up, to begin with that.
            key=f"drawing_wanted_{reader.id}_{first}_{second}",
            width=220,
            help="What the answer should become. To begin with, it is the class that comes second.",
        )
    )


def _offer(info: ChangeOfMindInfo) -> None:
    theme = frame.figure_theme()
    with st.expander("As a table"):
        st.table(
            change_table(info).rename(columns=plain).map(lambda value: plain(value) if isinstance(value, str) else value), hide_index=True
        )
        saving.offer_files(name="drawing-change-of-mind", table=lambda: touch_table(info), figure=lambda: draw_change_of_mind(info, theme))


@st.cache_data(show_spinner=False, max_entries=200)
def _ask(key: tuple[str, str, int, int], _network: str, _image: Images) -> dict[str, NDArray[Any]]:
    _, _, wanted, max_value = key
    return services.compute().consult(_network, change_mind, _image, wanted, max_value)
