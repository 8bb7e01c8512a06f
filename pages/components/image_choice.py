"""Choosing the one image that a network is asked about: from its data set, from a file, or the last drawing."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from core.datasets.image_set import Images, ImageSet, Split, fingerprint
from core.datasets.importing.pictures import READABLE, SUFFIXES
from core.datasets.single_image import SingleImage, read_single_image
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import style_for
from core.errors import DrawingError
from core.figures.numbers import format_count
from core.networks.spec import TrainingSpec
from core.runs.record import RunRecord
from core.training.splitting import ValidationSplit, split_images
from pages.components import choices, gallery, scoring, state
from pages.components.words import plain

DATA_SET, FILE, DRAWING = "The data set", "A file", "The drawing"

_PREVIEW_WIDTH = 160
_NAMES = {Split.TRAINING: "Training", Split.TEST: "Test"}


@dataclass(frozen=True, eq=False)
class ChosenImage:
    """One image as the network gets it.

    Attributes:
        image: `uint8`, of the shape that the run's images have.
        title: what a page calls it.
        name: what its files are called.
        remark: a sentence on where it is from; escaped.
        label: the class it has in the data set; None where nobody has said.
    """

    image: Images
    title: str
    name: str
    remark: str
    label: int | None = None

    @cached_property
    def key(self) -> str:
        """Names its content."""
        return fingerprint(self.image)


def choose_image(record: RunRecord, image_set: ImageSet) -> ChosenImage | None:
    """The controls. None, after saying what is missing, if there is no image yet.

    Raises `InklingError` if a file can't be used.
    """
    _follow_address(image_set)
    source = choices.choose(
        "From",
        [DATA_SET, FILE, DRAWING],
        default=DATA_SET,
        key=state.ONE_IMAGE_SOURCE,
        help="Where the image comes from: the set that the network learned from, a picture file of yours, or what you drew last.",
        on_change=state.put_image_into_address,
        args=(None,),
    )
    if source == DATA_SET:
        return _choose_from_set(record, image_set)
    return _choose_file(image_set) if source == FILE else _choose_drawing(record, image_set)


def _follow_address(image_set: ImageSet) -> None:
    """An address that names an image wins over what was chosen before. One that can't be followed is said, and something else shown.

    Whatever changes the choice changes the address as well, so the two only differ when somebody has just come here.
    """
    asked = state.image_in_address()
    if asked is None:
        return
    split, place = asked
    counts = {half.value: len(image_set.labels(half)) for half in Split}
    if split not in counts:
        st.warning(
            f"The address asks for an image of the split {plain(split[:40])}; expected training or test. The one chosen before is shown.",
            icon=":material/warning:",
        )
        state.put_image_into_address(None)
        return
    index = int(place) if place.isascii() and place.isdigit() and len(place) < 10 else -1
    if not 0 <= index < counts[split]:
        st.warning(
            f"The address asks for {split} image {plain(place[:40])}; {plain(image_set.title)} has those from 0 to {counts[split] - 1}. "
            "The first is shown.",
            icon=":material/warning:",
        )
        index = 0
    state.take_image_from(DATA_SET)
    state.ask_image(image_set.name, Split(split), index)


def _choose_from_set(record: RunRecord, image_set: ImageSet) -> ChosenImage | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = _pick_split(image_set)
        index = _pick_index(image_set, split)
    state.put_image_into_address(split, index)
    if split == Split.TEST and scoring.is_sealed(record, image_set):
        scoring.show_seal(record, image_set)
        return None
    label = int(image_set.labels(split)[index])
    remark = f"Its label says {image_set.class_names[label]}. {_describe_part(record, image_set, split, index)}"
    name = f"{image_set.name}-{split}-{index}"
    return ChosenImage(image_set.images(split)[index], f"{_NAMES[split]} image {index}", name, plain(remark), label)


def _pick_split(image_set: ImageSet) -> Split:
    return choices.choose(
        "Split",
        _NAMES,
        default=Split.TRAINING,
        format_func=lambda split: _NAMES[split],
        key=state.ONE_IMAGE_SPLIT,
        help="Networks learn from the training images, and never see the test images, which are sealed until you open them.",
        on_change=_write_address,
        args=(image_set.name,),
    )


def _pick_index(image_set: ImageSet, split: Split) -> int:
    last = len(image_set.labels(split)) - 1
    chosen = st.number_input(
        "Index",
        min_value=0,
        max_value=last,
        step=1,
        key=state.one_image_key(image_set.name, split),
        help=f"The image's place in its split, from 0 to {format_count(last)}.",
        on_change=_write_address,
        args=(image_set.name,),
        width=160,
        persist_state="session",
    )
    return int(chosen)


def _write_address(dataset: str) -> None:
    state.put_image_into_address(*state.asked_image(dataset))


def _describe_part(record: RunRecord, image_set: ImageSet, split: Split, index: int) -> str:
    """Whether the network has seen it."""
    if split == Split.TEST:
        return "The network has never seen it."
    halves = _split(record.spec.model_dump_json(), image_set.sha256, record.spec, image_set)
    if index in halves.training:
        return "The network learned from it."
    return f"The network did not learn from it: it was {'held back for validation' if index in halves.validation else 'left out'}."


@st.cache_resource(show_spinner=False, max_entries=8)
def _split(spec: str, sha256: str, _spec: TrainingSpec, _image_set: ImageSet) -> ValidationSplit:
    return split_images(_spec, _image_set.y_train)


def _choose_drawing(record: RunRecord, image_set: ImageSet) -> ChosenImage | None:
    drawing = state.last_drawing()
    if drawing is None:
        return _offer_drawing(record, "Nothing has been drawn in this visit yet. Draw something, then come back.")
    ink, shape = drawing
    try:
        pixels = np.frombuffer(ink, np.uint8).reshape(shape)
        image = prepare_drawing(pixels, style_for(image_set), image_set.image_shape, image_set.max_value).image
    except DrawingError as error:
        return _offer_drawing(record, str(error))
    return ChosenImage(image, "Your drawing", "drawing", f"What you drew last, made as the images of {plain(image_set.title)} were.")


def _offer_drawing(record: RunRecord, sentence: str) -> None:
    st.info(plain(sentence), icon=":material/draw:")
    st.page_link("pages/predict/draw.py", label="Draw something", icon=":material/draw:", query_params={state.RUN_PARAMETER: record.id})


def _choose_file(image_set: ImageSet) -> ChosenImage | None:
    uploaded = st.file_uploader(
        "Picture",
        type=[suffix.removeprefix(".") for suffix in sorted(SUFFIXES)],
        key="one_image_file",
        max_upload_size=30,
        help=f"A {READABLE} picture. It stays on this machine, and is forgotten when you leave the page.",
    )
    if uploaded is None:
        st.caption("The network gets all of the picture, made as small as the images it learned from. Best is one thing, in the middle.")
        return None
    guessed = _read(uploaded.file_id, image_set, uploaded.getvalue(), None)
    invert = st.toggle(
        "Exchange dark and light",
        value=guessed.is_inverted,
        key=f"one_image_invert_{uploaded.file_id}",
        help="For dark ink on light paper, where the network learned from light on dark, or the other way round.",
    )
    read = _read(uploaded.file_id, image_set, uploaded.getvalue(), invert)
    _show_file(read, guessed.is_inverted, image_set)
    return ChosenImage(read.image, "Your picture", "picture", "Nobody has said what it shows.")


def _read(file_id: str, image_set: ImageSet, data: bytes, invert: bool | None) -> SingleImage:
    return _decode((file_id, image_set.sha256, invert), image_set, data, invert)


@st.cache_resource(show_spinner=False, max_entries=8)
def _decode(key: tuple[Hashable, ...], _image_set: ImageSet, _data: bytes, _invert: bool | None) -> SingleImage:
    paper = style_for(_image_set).is_dark
    return read_single_image(_data, _image_set.image_shape, _image_set.max_value, has_light_paper=paper, invert=_invert)


def _show_file(read: SingleImage, was_exchanged: bool, image_set: ImageSet) -> None:
    with st.container(horizontal=True):
        with st.container(width=_PREVIEW_WIDTH):
            st.caption("As uploaded")
            st.image(read.preview, width="stretch", alt="The picture as it was uploaded.")
        with st.container(width=_PREVIEW_WIDTH):
            st.caption("As the network gets it")
            gallery.show_pixels(read.image, image_set.max_value, alt="The picture as the network gets it.")
    if not image_set.is_grey:
        guess = "Colour photos may be light or dark, so they stay as they are."
    elif was_exchanged:
        edges = "dark" if style_for(image_set).is_dark else "light"
        guess = f"Its edges are {edges}, unlike those of {image_set.title}: so dark and light were exchanged."
    else:
        guess = f"Its edges are as light or dark as those of {image_set.title}, so it stays as it is."
    width, height = read.size
    st.caption(plain(" ".join([f"{width:,} x {height:,} pixels.", guess, *read.notes])))
