"""The training images that a network holds nearest to one image, class by class."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.compute.jobs import Arrays, JobProgress
from core.compute.lanes import Lane
from core.compute.nearest import ask_nearest, nearest_key, search_nearest
from core.compute.service import EngineState
from core.datasets.image_set import Images, ImageSet, Split
from core.figures.numbers import format_count
from core.figures.samples import build_sample_grid, draw_sample_grid
from core.predictions.nearest import Nearest, describe_nearest
from core.runs.record import RunRecord
from core.training.splitting import split_images
from pages.components import frame, jobs, saving, services, state, tiles
from pages.components.words import plain

_COUNT = 8
"""Images of each class."""

_TILE = 72
_PATIENCE = 1.0
"""Seconds that the page waits for a network it has not asked yet; a convolutional one takes longer, with progress."""


def show_nearest(record: RunRecord, image: Images, classes: Sequence[int], *, key: str) -> None:
    """The training images of these classes that are nearest to one in the last hidden layer, with their distances.

    Args:
        record: whose network is asked.
        image: `uint8`, as the run's set has them.
        classes: class numbers, such as the true class and the prediction; one given twice counts once.
        key: what the widgets are called; another for each place on a page.

    Raises `InklingError` if the run's set is gone or has changed, or the engine does not answer.
    """
    image_set, asked = services.catalog().load(record.spec.dataset), tuple(dict.fromkeys(map(int, classes)))
    record.check_images(image_set)
    found = _find(record, image_set, image, asked)
    if found is None:
        return
    nearest = Nearest(**found)
    for label in asked:
        _show_class(record, image_set, nearest, label, key)
    st.caption(_explain(record, image_set, nearest, asked))
    _offer(nearest, image_set, key)


def _find(record: RunRecord, image_set: ImageSet, image: Images, classes: tuple[int, ...]) -> Arrays | None:
    """The fields of a `Nearest`; until they are known, how far they are, and None."""
    model_key = services.compute().model_key(record.id)
    # An engine that is just starting is asked by a job alone: the page need not wait for that.
    if services.compute().status().state == EngineState.READY:
        found = services.compute().consult(record.id, ask_nearest, model_key, image, classes, _COUNT)
        if found:
            return found
    job_key = nearest_key(model_key, image, classes, _COUNT)

    def start() -> JobProgress:
        wanted = (*services.compute().model_source(record.id), image_set, image, classes, _COUNT)
        return services.compute().start_job(job_key, search_nearest, *wanted, lane=Lane.STUDY)

    return jobs.await_job(job_key, start, seconds=_PATIENCE)


def _show_class(record: RunRecord, image_set: ImageSet, nearest: Nearest, label: int, key: str) -> None:
    """One row of tiles. A click takes the network apart on that training image."""
    positions, distances = nearest.of_class(label)
    name = image_set.class_names[label]
    st.markdown(f"**Nearest training images of {plain(name)}**")
    if not len(positions):
        learned = image_set.y_train[split_images(record.spec, image_set.y_train).training]
        st.caption("None of the images compared is of this class." if label in learned else "It learned from no image of this class.")
        return
    clicked = tiles.show_tiles(
        image_set.x_train[positions],
        [f"{distance:.2f}" for distance in distances],
        key=f"nearest_{key}_{label}",
        label=f"The {len(positions)} training images of {name} that are nearest to it, each with its distance. Choose one to look into it.",
        max_value=image_set.max_value,
        size=_TILE,
        columns=_COUNT,
    )
    if clicked is not None:
        address = state.image_address(record.id, Split.TRAINING, int(positions[clicked]))
        st.switch_page("pages/predict/one_image.py", query_params=address)


def _explain(record: RunRecord, image_set: ImageSet, nearest: Nearest, classes: tuple[int, ...]) -> str:
    where = "in its last hidden layer" if record.spec.hidden else "by its answers, since it has no hidden layer"
    of_classes = " and ".join(image_set.class_names[label] for label in classes)
    copy = " A distance of 0 is the image itself, or one that the network can't tell from it." if (nearest.distances == 0).any() else ""
    return (
        f"{plain(describe_nearest(nearest, classes, image_set.class_names))} "
        f"Compared are {format_count(int(nearest.compared))} training images of {plain(of_classes)}, as the network sees them: {where}, "
        "by the Euclidean distance (after Papernot and McDaniel, 2018, section III). A smaller number is more alike."
        f"{copy} Look for training images that resemble it more than its own class does, and for labels that you would not have given. "
        "Click one to look into it."
    )


def _offer(nearest: Nearest, image_set: ImageSet, key: str) -> None:
    """The images and their distances as files."""
    if not len(nearest.positions):
        return
    names = [image_set.class_names[label] for label in nearest.labels]
    table = pd.DataFrame({"training image": nearest.positions, "class": names, "distance": nearest.distances})
    lines = [f"{name}: {distance:.2f}" for name, distance in zip(names, nearest.distances, strict=True)]
    images = image_set.x_train[nearest.positions]
    info = build_sample_grid(images, lines, columns=_COUNT, max_value=image_set.max_value)
    saving.offer_files(name=f"nearest-{key}", table=lambda: table, figure=lambda: draw_sample_grid(info, frame.figure_theme()))
