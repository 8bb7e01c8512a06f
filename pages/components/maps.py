"""Having maps made, and looking at the images on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st

from core.compute.jobs import JobFunction, JobProgress, JobState
from core.compute.lanes import Lane
from core.compute.maps import map_hidden, map_pixels
from core.datasets.image_set import ImageSet, Split
from core.datasets.projection import (
    METHODS,
    MapSettings,
    Method,
    check_settings,
    choose_images,
    estimate_seconds,
)
from core.datasets.samples import Indices
from core.errors import DatasetError
from core.figures.maps import MapInfo, build_map, describe_choice, describe_map, draw_map, map_table
from core.figures.numbers import format_count, format_seconds
from core.figures.samples import ImageInfo, draw_image, figure_bytes
from core.runs.record import RunRecord
from core.training.splitting import split_images
from pages.components import frame, gallery, scatter, scoring, services, state, tables, tiles
from pages.components.map_form import MapChoice
from pages.components.words import plain

_PATIENCE = 2.0
"""Seconds that the page waits for a PCA map, which takes one at most, before it shows progress instead."""

_LOOK_EVERY = 0.5
_PER_PAGE = 100
"""Images on one page of the grid."""

LOOK_FOR = {
    Method.PCA: "Each mark is an image. PCA lays the images out along the two directions in which they differ most, so marks that lie "
    "close together are alike in these two, and may differ in all others. Look for classes that cover each other: two numbers for each "
    "image are not enough to tell those apart.",
    Method.TSNE: "Each mark is an image. t-SNE keeps each image next to those most like it. Look for marks inside an island of another "
    "class: those images are easily mistaken. Do not read anything into how far islands lie apart or how large they are, for t-SNE "
    "keeps neither, nor into a single map: try another perplexity and seed (Wattenberg, Viégas and Johnson, "
    "“How to Use t-SNE Effectively”, 2016).",
}


@dataclass(frozen=True, eq=False)
class MapJob:
    """One map to be made. `start` begins it, or finds it where it has been made already."""

    key: str
    title: str
    start: Callable[[], JobProgress]


def render_maps(image_set: ImageSet, choice: MapChoice) -> None:
    """Make the maps, or say how far they are, and show what there is."""
    check_settings(choice.settings, len(image_set.labels(choice.split)))
    jobs = _plan(image_set, choice)
    known = {job.key: _find(job, choice.settings.method) for job in jobs}
    _render_unfinished(jobs, known, choice.settings)
    finished = [(job, progress.result) for job in jobs if (progress := known[job.key]) is not None and progress.result is not None]
    if not finished:
        return
    labels = image_set.labels(choice.split)
    indices = choose_images(labels, choice.settings.count, choice.settings.seed)
    infos = [
        build_map(
            arrays,
            labels[indices],
            image_set.class_names,
            title=job.title,
            method=choice.settings.method,
            available=len(labels),
        )
        for job, arrays in finished
    ]
    st.fragment(frame.guarded(_render_finished))(infos, image_set, choice, indices)


def _plan(image_set: ImageSet, choice: MapChoice) -> list[MapJob]:
    """The map of the pixels and, where a network was chosen, still fits its data set and is not sealed, that of its last hidden layer."""
    subject = f"{image_set.sha256}-{choice.split}-{choice.settings.key}"
    jobs = [_job(f"map-pixels-{subject}", "Pixels", choice, map_pixels, image_set, choice.split, choice.settings)]
    if choice.run is None:
        return jobs
    if choice.split == Split.TEST and scoring.is_sealed(choice.run, image_set):
        # Where the classes lie in its last layer is as much of an answer as their names.
        scoring.show_seal(choice.run, image_set)
        return jobs
    try:
        model_key, source = services.compute().model_source(choice.run.id)
    except DatasetError as error:
        st.warning(f"Only the pixels are mapped. {plain(str(error))}", icon=":material/warning:")
        return jobs
    layer = "Last hidden layer" if choice.run.spec.hidden else "Outputs"
    arguments = (image_set, choice.split, choice.settings, model_key, source)
    return [*jobs, _job(f"map-hidden-{subject}-{model_key}", f"{layer} of {choice.run.title}", choice, map_hidden, *arguments)]


def _job(key: str, title: str, choice: MapChoice, function: JobFunction, *arguments: Any) -> MapJob:
    is_quick = choice.settings.method == Method.PCA
    lane = Lane.STUDY if is_quick else Lane.JOB
    return MapJob(key, title, lambda: services.compute().start_job(key, function, *arguments, lane=lane, keep=not is_quick))


def _find(job: MapJob, method: Method) -> JobProgress | None:
    """How far a map is. One that takes no time is begun unasked; None for one that waits to be asked for."""
    progress = services.compute().job(job.key)
    if progress is None and method == Method.PCA:
        job.start()
        return services.compute().wait_for_job(job.key, _PATIENCE)
    return progress


def _render_unfinished(jobs: list[MapJob], known: dict[str, JobProgress | None], settings: MapSettings) -> None:
    """What is being made, with a way to call it off, or an offer to make what is missing."""
    if any(progress is not None and not progress.state.is_final for progress in known.values()):
        st.fragment(frame.guarded(_render_progress), run_every=_LOOK_EVERY)([(job.key, job.title) for job in jobs])
        return
    missing = [job for job in jobs if (progress := known[job.key]) is None or progress.state != JobState.FINISHED]
    for job in missing:
        _render_failure(known[job.key])
    if not missing:
        return
    seconds = estimate_seconds(settings, services.settings().cores) * len(missing)
    names = " and ".join(f"“{plain(job.title)}”" for job in missing)
    st.markdown(
        f"The {METHODS[settings.method]} map of {names} from {format_count(settings.count)} images takes about {format_seconds(seconds)} "
        "on this computer. You can leave the page meanwhile; once made it is kept."
    )
    # Nothing here needs the old arguments: the script runs again and plans anew.
    if st.button("Make the map" if len(missing) == 1 else "Make the maps", icon=":material/scatter_plot:", type="primary"):
        for job in missing:
            job.start()
        st.rerun()


def _render_failure(progress: JobProgress | None) -> None:
    if progress is not None and progress.state == JobState.FAILED:
        st.error(plain(progress.message), icon=":material/error:")
    elif progress is not None and progress.state == JobState.CANCELLED:
        st.info("The map was called off; nothing of it was kept.", icon=":material/info:")


def _render_progress(jobs: list[tuple[str, str]]) -> None:
    active = 0
    for key, title in jobs:
        progress = services.compute().job(key)
        if progress is not None and not progress.state.is_final:
            active += 1
            st.progress(progress.share, text=f"{plain(title)}: {plain(progress.message)}")
    if st.button("Cancel", icon=":material/close:", help="Ends the work. What was not finished is not kept."):
        for key, _ in jobs:
            services.compute().cancel_job(key)
        active = 0
    if not active:
        st.rerun()


def _render_finished(infos: list[MapInfo], image_set: ImageSet, choice: MapChoice, indices: Indices) -> None:
    """The maps, the images that were chosen on them, and what they say."""
    places = scatter.show_scatter(infos, image_set, choice.split, indices, key=f"map_{image_set.name}_{choice.split}")
    _render_choice(image_set, choice.split, indices[places])
    st.subheader("What the map says" if len(infos) == 1 else "What the maps say", anchor=False)
    words, table = st.columns([3, 2], gap="large") if len(infos) == 1 else (st.container(), st.container())
    with words:
        _render_words(infos, image_set, choice)
    with table, st.expander("Class by class", expanded=len(infos[0].classes) <= 12):
        tables.show_table(map_table(infos).set_index("Class"))


def _render_words(infos: list[MapInfo], image_set: ImageSet, choice: MapChoice) -> None:
    for info in infos:
        st.markdown(f"**{plain(info.title)}:** {describe_map(info)}")
    st.caption(LOOK_FOR[choice.settings.method])
    if len(infos) > 1:
        st.caption(_describe_learning(choice, image_set))
    with st.container(horizontal=True):
        for info in infos:
            _save_buttons(info, f"{image_set.name}-{choice.split}-{choice.settings.key}", several=len(infos) > 1)


def _describe_learning(choice: MapChoice, image_set: ImageSet) -> str:
    words = "Both maps show the same images, and what you choose stands out in both. Before training, all there is are the pixels; "
    words += "look at whether classes that cover each other there lie apart in the layer it learned, and at which marks still lie astray."
    if choice.run is not None and not choice.run.spec.hidden:
        words += " This network has no hidden layer, so its outputs are mapped instead: the probability of each class."
    if choice.split == Split.TRAINING:
        words += f" {_count_learned(choice.run, image_set, choice)}Choose the test images to see whether it does as well with new ones."
    return words


def _count_learned(run: RunRecord | None, image_set: ImageSet, choice: MapChoice) -> str:
    """Of how many images on the map the network has learned: some were held back, or left out."""
    if run is None:
        return ""
    shown = choose_images(image_set.y_train, choice.settings.count, choice.settings.seed)
    learned = int(np.isin(shown, split_images(run.spec, image_set.y_train).training).sum())
    many = f"all {format_count(learned)}" if learned == len(shown) else f"{format_count(learned)} of these {format_count(len(shown))}"
    return f"The network learned from {many} images. "


def _save_buttons(info: MapInfo, name: str, *, several: bool) -> None:
    theme = frame.figure_theme()
    which = f" ({info.title.split(' of ')[0].lower()})" if several else ""
    kinds: tuple[tuple[Literal["png", "svg"], str], ...] = (("png", "image/png"), ("svg", "image/svg+xml"))
    for kind, mime in kinds:
        st.download_button(
            f"Save as {kind.upper()}{which}",
            # Drawn when asked for: most maps are never saved.
            data=lambda kind=kind: figure_bytes(draw_map(info, theme), kind),
            file_name=f"{name}{'-hidden' if several and info.title != 'Pixels' else ''}.{kind}",
            mime=mime,
            icon=":material/download:",
            type="tertiary",
            key=f"save_map_{kind}_{info.title}",
            on_click="ignore",
        )


def _render_choice(image_set: ImageSet, split: Split, chosen: Indices) -> None:
    """The chosen images as a grid, and the one of them that was clicked, large."""
    if not len(chosen):
        return
    labels = image_set.labels(split)[chosen]
    st.subheader("The images you chose", anchor=False)
    st.markdown(plain(describe_choice(labels, image_set.class_names)))
    pages = -(-len(chosen) // _PER_PAGE)
    page = st.pagination(pages, key=f"map_page_{pages}") if pages > 1 else 1
    shown = chosen[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    names = [image_set.class_names[label] for label in image_set.labels(split)[shown]]
    subject = f"{image_set.sha256} {split}"
    one = state.map_image(subject)
    selected = np.flatnonzero(shown == one) if one is not None else []
    tiles.show_tiles(
        image_set.images(split)[shown],
        [f"{name}\n{index}" for name, index in zip(names, shown, strict=True)],
        key="map_tiles",
        label=f"{len(shown)} chosen {split} images of {image_set.title}, with class and index",
        max_value=image_set.max_value,
        selected=int(selected[0]) if len(selected) else None,
        size=64,
        on_click=lambda place: state.look_at_map_image(subject, int(shown[place])),
    )
    st.caption(f"Class and index of each {split} image. Click one to see it large. Look for what those that lie together have in common.")
    if len(selected):
        _render_one(image_set, split, int(shown[selected[0]]))


def _render_one(image_set: ImageSet, split: Split, index: int) -> None:
    label = image_set.class_names[image_set.labels(split)[index]]
    title = f"{split.capitalize()} image {index}: {label}"
    info = ImageInfo(image_set.images(split)[index], title, image_set.max_value)
    picture, _ = st.columns([2, 3])
    with picture:
        gallery.show_figure(
            lambda: draw_image(info, frame.figure_theme()),
            ("image", image_set.sha256, split, index, "gray"),
            name=f"{image_set.name}-{split}-{index}",
            alt=f"{title}, of {image_set.title}.",
        )
