"""The time machine: a slider over the epochs of a run that has ended, and the network as it was at the end of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.compute.epochs import ask_epochs, choose_epochs, drawing_key, read_epochs, study_epochs, study_key
from core.compute.jobs import Arrays, JobProgress
from core.compute.lanes import Lane
from core.datasets.image_set import Images, ImageSet
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import style_for
from core.errors import DatasetError, DrawingError
from core.figures.confusion import build_confusion, build_confusion_chart, confusion_table, describe_confusion
from core.figures.epoch_answers import answers_table, build_answers_chart, build_epoch_answers, describe_epoch_answers
from core.figures.first_weights import colour_weights, describe_first_weights, describe_unit, find_first_weights
from core.figures.numbers import format_count
from core.figures.probabilities import build_probabilities, build_probability_chart
from core.figures.samples import build_sample_grid, draw_sample_grid
from core.intervals import wilson_interval
from core.networks.weights import unpack_weights
from core.rates import format_percent, format_range
from core.runs.comparing import describe_epoch
from core.runs.record import RunHistory, RunRecord
from pages.components import frame, gallery, jobs, services, state, tables, tiles
from pages.components.words import plain

_PATIENCE = 1.5
"""Seconds that the page waits for the answers to a drawing, which take less, before it shows progress instead."""

_PICTURE_WIDTH, _CHART_WIDTH = 120, 280
_TILE, _COLUMNS = 44, 12
"""Pictures of weights: pixels across, and how many in a row."""


def render_time_machine(record: RunRecord) -> None:
    """Nothing for a run that is still trained, or of which the weights of fewer than two epochs were kept."""
    if not record.state.is_final:
        return
    kept = services.store().weights_by_epoch(record.id)
    epochs = choose_epochs(kept)
    if len(epochs) < 2:
        return
    st.subheader("Time machine", anchor=False)
    st.caption(f"The network as it was when an epoch had ended: move the slider and watch it learn. {_describe_kept(epochs, record)}")
    try:
        image_set = _find_images(record)
    except DatasetError as error:
        st.info(f"{plain(str(error))} Until then there is nothing to look back with.", icon=":material/info:")
        return
    st.fragment(frame.guarded(_render))(record, epochs, image_set)


def _describe_kept(epochs: Sequence[int], record: RunRecord) -> str:
    """Which epochs there are, where some are missing, and whether the network that is asked elsewhere is another one."""
    words = []
    if len(epochs) < record.epochs_done:
        words.append(
            f"On the slider are {len(epochs)} of {record.epochs_done} epochs: of large networks and long runs some are passed over, to "
            "spare time and room."
        )
    if record.kept_at is not None and record.kept_at > epochs[-1]:
        words.append(
            f"It was stopped after {describe_epoch(record.kept_at)} epochs, with weights that are on the other pages; the slider ends with "
            "its last whole epoch."
        )
    elif record.kept_at is not None and record.kept_at < epochs[-1]:
        words.append(f"Epoch {describe_epoch(record.kept_at)} was the best; its weights were kept, and are on the other pages.")
    return " ".join(words)


def _find_images(record: RunRecord) -> ImageSet:
    """The images that the run learned from. Raises `DatasetError` if they are not here, or others by that name are."""
    image_set = services.catalog().load(record.spec.dataset)
    if image_set.sha256 != record.dataset_sha256:
        raise DatasetError(f"The data set {record.spec.dataset!r} has changed since this run learned from it. Bring the old one back.")
    return image_set


def _render(record: RunRecord, epochs: tuple[int, ...], image_set: ImageSet) -> None:
    epoch = st.select_slider(
        "Epoch",
        options=epochs,
        value=epochs[-1],
        key=f"time_machine_{record.id}",
        help="Everything below is the network as it was when this epoch had just ended. The arrow keys move it, too.",
    )
    history = services.store().history(record.id)
    _render_accuracy(history, epoch)
    _render_weights(record, history, epochs, epoch, image_set)
    _render_confusion(record, history, epochs, epoch, image_set)
    _render_drawing(record, epochs, epoch, image_set)


def _render_accuracy(history: RunHistory, epoch: int) -> None:
    """How good it was by then, as it was measured while it trained."""
    ended = next((event for event in history.epochs if event.epoch == epoch), None)
    if ended is None or history.started is None:
        return
    images = history.started.validation_images
    cells = [("Training accuracy", format_percent(ended.accuracy))]
    if ended.validation_accuracy is not None and images:
        interval = wilson_interval(round(ended.validation_accuracy * images), images)
        cells = [("Validation accuracy", format_percent(ended.validation_accuracy)), ("95 % interval", format_range(*interval)), *cells]
    gallery.show_metrics(cells, width=150)


def _render_weights(record: RunRecord, history: RunHistory, epochs: Sequence[int], epoch: int, image_set: ImageSet) -> None:
    st.markdown("**The first layer's weights**")
    packed = read_epochs(services.store().weights_by_epoch(record.id), (epoch, epochs[-1])).packed
    shape, classes = image_set.image_shape, image_set.class_count
    steps = epoch * history.started.steps_per_epoch if history.started else 0
    info, last = (find_first_weights(record.spec, shape, classes, unpack_weights(data), steps) for data in packed)
    if info is None or last is None:
        st.caption("There is no picture of them: a layer before it has summed up pixels, so its weights have no places in the image.")
        return
    # One scale for all epochs: that weights grow is a part of what there is to see.
    info = replace(info, extent=last.extent)
    # The unit that was looked at while the network learned is the one looked at here, whatever the epoch.
    sentence, subject = describe_first_weights(info), f"{record.id}/weights"
    chosen = state.glimpsed(subject)
    tiles.show_tiles(
        colour_weights(info, frame.figure_theme()),
        [str(number + 1) for number in range(len(info.pictures))],
        key="time_machine_weights",
        label=f"{sentence} Choose one to read its largest weights.",
        selected=chosen,
        size=_TILE,
        columns=min(len(info.pictures), _COLUMNS),
        on_click=partial(state.look_at_glimpsed, subject),
    )
    if chosen is not None and chosen < len(info.pictures):
        st.markdown(describe_unit(info, chosen))
    meaning = "middle grey is 0" if info.has_colours else "orange is negative, the colour of the page 0, blue positive"
    st.caption(
        f"{sentence} In the pictures {meaning}, and full colour is {info.extent:g} at every epoch. "
        "Look how noise turns into strokes and edges, and how early."
    )


def _render_confusion(record: RunRecord, history: RunHistory, epochs: tuple[int, ...], epoch: int, image_set: ImageSet) -> None:
    is_validation = history.started is not None and history.started.validation_images > 0
    kind = "validation" if is_validation else "training"
    st.markdown(f"**What it takes for what: {kind} images**")
    if not is_validation:
        st.caption("This run held no images back, so it is asked about those it learned from: it looks better than it is.")
    study = jobs.offer_job(
        study_key(record.id, epochs),
        lambda: _start_study(record, epochs, image_set),
        button=f"Have each epoch read the {kind} images",
        help="Asks the network of every epoch on the slider, which takes seconds to a minute. What comes out is kept.",
    )
    if study is not None:
        _render_matrix(study["confusion"][epochs.index(epoch)], float(study["loss"][epochs.index(epoch)]), kind, image_set)


def _render_matrix(matrix: NDArray[np.int32], loss: float, kind: str, image_set: ImageSet) -> None:
    names = image_set.class_names
    sentence = describe_confusion(matrix, names)
    gallery.show_chart(
        build_confusion_chart(build_confusion(matrix, names), frame.figure_theme()), key=f"time_machine_{kind}", alt=sentence
    )
    st.caption(
        f"{plain(sentence)} {format_count(int(matrix.trace()))} of {format_count(int(matrix.sum()))} {kind} images are read right, with a "
        f"cross-entropy of {loss:.4f}. Rows are true classes, columns what they were read as. Look which mistakes go first, and which stay."
    )
    with st.expander("As a table"):
        st.dataframe(confusion_table(matrix, names))


def _start_study(record: RunRecord, epochs: tuple[int, ...], image_set: ImageSet) -> JobProgress:
    service, kept = services.compute(), services.store().weights_by_epoch(record.id)
    _, source = service.model_source(record.id)
    key, weights = study_key(record.id, epochs), read_epochs(kept, epochs)
    return service.start_job(key, study_epochs, image_set, source, weights, lane=Lane.STUDY, keep=True)


def _render_drawing(record: RunRecord, epochs: tuple[int, ...], epoch: int, image_set: ImageSet) -> None:
    st.markdown("**Your last drawing, as each epoch read it**")
    image = _find_drawing(image_set)
    if image is None:
        st.caption("Draw something, then come back: it is shown here what the network of each epoch took it for.")
        st.page_link("pages/predict/draw.py", label="Draw something", icon=":material/draw:", query_params={state.RUN_PARAMETER: record.id})
        return
    key = drawing_key(record.id, epochs, image)
    answers = jobs.await_job(key, lambda: _start_asking(record, epochs, image), seconds=_PATIENCE)
    if answers is not None:
        _render_answers(answers, image, epochs, epoch, image_set)


def _find_drawing(image_set: ImageSet) -> Images | None:
    """The last drawing as this network gets it; None if there is none."""
    drawing = state.last_drawing()
    if drawing is None:
        return None
    ink, shape = drawing
    try:
        prepared = prepare_drawing(
            np.frombuffer(ink, np.uint8).reshape(shape), style_for(image_set), image_set.image_shape, image_set.max_value
        )
    except DrawingError:
        return None
    return prepared.image


def _start_asking(record: RunRecord, epochs: tuple[int, ...], image: Images) -> JobProgress:
    service, kept = services.compute(), services.store().weights_by_epoch(record.id)
    _, source = service.model_source(record.id)
    key, weights = drawing_key(record.id, epochs, image), read_epochs(kept, epochs)
    return service.start_job(key, ask_epochs, image[None], source, weights, lane=Lane.STUDY)


def _render_answers(answers: Arrays, image: Images, epochs: tuple[int, ...], epoch: int, image_set: ImageSet) -> None:
    info = build_epoch_answers(epochs, answers["probabilities"][:, 0], image_set.class_names)
    sentence, theme = describe_epoch_answers(info, epoch), frame.figure_theme()
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=_PICTURE_WIDTH):
            st.caption("What it gets")
            size = " x ".join(map(str, image_set.image_shape[:2]))
            grid = build_sample_grid(image[None], [size], columns=1, max_value=image_set.max_value)
            gallery.show_picture(draw_sample_grid(grid, theme), alt="Your last drawing as the network gets it.")
        with st.container(width=_CHART_WIDTH):
            st.caption(f"What it takes it for after epoch {epoch}")
            bars = build_probabilities(answers["probabilities"][epochs.index(epoch), 0], image_set.class_names)
            gallery.show_chart(build_probability_chart(bars, theme), key="time_machine_bars", alt=sentence)
    gallery.show_chart(build_answers_chart(info, epoch, theme), key="time_machine_answers", alt=sentence)
    st.caption(
        f"{plain(sentence)} The upright line marks the epoch on the slider. One drawing, {len(epochs)} epochs: look when the network made "
        "up its mind, and whether it changed it again."
    )
    with st.expander("As a table"):
        table = answers_table(info)
        tables.show_table(table.assign(**{"Read as": table["Read as"].map(plain)}), hide_index=True)
