"""Parts of the Samples page: the grid to click in, what an image's nearest are, which classes look alike, and what occurs twice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.compute.lanes import Lane
from core.compute.lookalikes import search_duplicates, search_lookalikes, search_neighbours
from core.datasets.duplicates import LIMITS, Duplicates, describe_conflicts, describe_leak
from core.datasets.image_set import Images, ImageSet, Split
from core.datasets.known_sets import caution_about
from core.datasets.neighbours import Lookalikes, Neighbours, describe_vote
from core.datasets.samples import Indices, choose_samples
from core.figures.numbers import format_count
from core.figures.samples import build_sample_grid, draw_sample_grid
from pages.components import frame, gallery, jobs, services, state, tiles
from pages.components.words import plain

_NEAREST = 10
"""Neighbours of an image that are shown."""

_LOOKALIKES = 20
"""Images of a class that are shown as like another class."""

_PAIRS = 30
"""Pairs of duplicates on one page."""

_WAIT = 0.4
"""Seconds that the page waits for an image's neighbours before it goes on without them: they take a tenth of a second."""

INSPECTED = "inspected"
"""The key of the container that a click leads to."""

_DISTANCE = (
    "The distance of two images is the Euclidean one: the root of the sum of squared differences of their pixel values, scaled to 0 to 1."
)


def render_grid(image_set: ImageSet) -> None:
    """The grid and its controls. A click inspects the image."""
    choice = gallery.pick_samples(image_set)
    labels = image_set.labels(choice.split)
    indices = choose_samples(labels, choice.rows * choice.columns, label=choice.label, seed=choice.seed)
    images, names = image_set.images(choice.split)[indices], [image_set.class_names[label] for label in labels[indices]]
    split, index = state.inspected(image_set.name)
    chosen = np.flatnonzero(indices == index) if split == choice.split else []
    clicked = tiles.show_tiles(
        images,
        names,
        key="samples_grid",
        label=f"{len(indices)} {choice.split} images of {image_set.title}, each with its label. Choose one to inspect it.",
        max_value=image_set.max_value,
        colour_map=choice.colour_map,
        selected=int(chosen[0]) if len(chosen) else None,
        size=64,
        columns=choice.columns,
        on_click=partial(_inspect, image_set.name, choice.split, indices),
    )
    _go_to_inspected(clicked)
    st.caption(
        f"{len(indices)} of {format_count(len(labels))} {choice.split} images, each with its label. "
        "Look for images that you would not read right yourself. Click one to inspect it below."
    )
    info = partial(build_sample_grid, images, names, columns=choice.columns, max_value=image_set.max_value, colour_map=choice.colour_map)
    gallery.offer_figure(lambda: draw_sample_grid(info(), frame.figure_theme()), name=f"{image_set.name}-samples")


def render_neighbours(image_set: ImageSet, split: Split, index: int, colour_map: str) -> None:
    """The training images nearest to one image, and the nearest of other classes."""
    key = f"neighbours/{image_set.sha256}/{split}/{index}/{_NEAREST}"
    start = partial(services.compute().start_job, key, search_neighbours, image_set, split, index, _NEAREST, lane=Lane.STUDY)
    result = jobs.await_job(key, start, seconds=_WAIT)
    if result is None:
        return
    found, label = Neighbours(**result), int(image_set.labels(split)[index])
    st.markdown("**The training images nearest to it**")
    _show_neighbours(image_set, found.nearest, found.nearest_distances, colour_map, "nearest", label)
    st.caption(f"{describe_vote(image_set.y_train[found.nearest], label, _plain_names(image_set))} {_DISTANCE}")
    if len(found.others):
        st.markdown("**The nearest of other classes**")
        _show_neighbours(image_set, found.others, found.other_distances, colour_map, "others", None)
        st.caption(
            f"Of all {format_count(len(image_set.y_train))} training images, these look most like it and are something else. "
            "Look for what tells them apart: that is what a network has to find. Click one to inspect it."
        )


def render_lookalikes(image_set: ImageSet) -> None:
    """Images of one class that look most like another class."""
    with st.grid(2, min_column_width=150):
        label = _pick_class("Images of class", image_set, 0, "The class whose images are shown.")
        other = _pick_class("that look like class", image_set, 1, "The class that they are compared with.")
    if label == other:
        st.info("Choose two different classes.", icon=":material/info:")
        return
    key = f"lookalikes/{image_set.sha256}/{label}/{other}/{_LOOKALIKES}"
    start = partial(services.compute().start_job, key, search_lookalikes, image_set, label, other, _LOOKALIKES, keep=True)
    result = jobs.offer_job(key, start, button="Look for them", help="Compares all training images of one class with all of the other.")
    if result is not None:
        _show_lookalikes(image_set, Lookalikes(**result), label, other)


def render_duplicates(image_set: ImageSet) -> None:
    """Images that occur twice."""
    # The number is that of what is kept on the disk: an earlier Inkling did not count what comes near by chance.
    key = f"duplicates-2/{image_set.sha256}"
    start = partial(services.compute().start_job, key, search_duplicates, image_set, keep=True)
    help = "Compares every test image with every training image: some seconds for MNIST, half a minute for CIFAR-10."
    result = jobs.offer_job(key, start, button="Look for duplicates", help=help)
    if result is not None:
        _show_duplicates(image_set, Duplicates(**result))


def _show_neighbours(
    image_set: ImageSet, indices: Indices, distances: Sequence[float], colour_map: str, name: str, label: int | None
) -> None:
    """Training images with their labels and distances; marked as wrong where they are not of class `label`, if one is given."""
    labels = image_set.y_train[indices]
    clicked = tiles.show_tiles(
        image_set.x_train[indices],
        [f"{image_set.class_names[own]}\n{distance:.2f}" for own, distance in zip(labels, distances, strict=True)],
        key=f"samples_{name}",
        label=f"The {len(indices)} {name} training images, each with its label and its distance. Choose one to inspect it.",
        max_value=image_set.max_value,
        colour_map=colour_map,
        wrong=[label is not None and own != label for own in labels],
        size=72,
        columns=len(indices),
        on_click=partial(_inspect, image_set.name, Split.TRAINING, indices),
    )
    _go_to_inspected(clicked)


def _show_lookalikes(image_set: ImageSet, found: Lookalikes, label: int, other: int) -> None:
    own, others = (_plain_names(image_set)[number] for number in (label, other))
    captions = [f"{image} and {match}\n{distance:.2f}" for image, match, distance in zip(*vars(found).values(), strict=True)]
    clicked = tiles.show_tiles(
        _side_by_side(image_set, image_set.x_train[found.images], image_set.x_train[found.matches]),
        captions,
        key="samples_lookalikes",
        label=f"{len(captions)} pairs of training images with their indices and distance. Choose one to inspect its left image.",
        max_value=image_set.max_value,
        size=140,
        on_click=partial(_inspect, image_set.name, Split.TRAINING, found.images),
    )
    _go_to_inspected(clicked)
    st.caption(
        f"Left an image of {own}, right the image of {others} that is nearest to it; below them their indices and their distance. "
        f"These {len(captions)} of the {format_count(int((image_set.y_train == label).sum()))} training images of {own} come nearest. "
        "Look for labels that you would not have given. Click a pair to inspect its left image."
    )


def _show_duplicates(image_set: ImageSet, found: Duplicates) -> None:
    limit = st.select_slider(
        "Count as twins up to",
        LIMITS.tolist(),
        found.usual_limit,
        format_func=lambda limit: f"{limit:.2f}",
        key=f"duplicates_limit_{image_set.name}",
        width=360,
        help="How near two images must be, in parts of the distance that is usual between this test image and the nearest ones like it. "
        "0 is a perfect copy. The further you go, the more images are found that only look alike; at first it is as far as chance allows.",
        persist_state="session",
    )
    pairs = found.up_to(limit)
    exact = int(found.exact[pairs].sum())
    near = len(pairs) - exact
    verdict = describe_leak(found, limit, len(image_set.y_test))
    if found.leaks(limit):
        st.warning(verdict, icon=":material/content_copy:")
    elif len(pairs):
        st.info(verdict, icon=":material/visibility:")
    else:
        st.success(verdict, icon=":material/check_circle:")
    if caution := caution_about(image_set.name):
        st.markdown(caution)
    if len(pairs):
        copies = f"exact copies: {exact:,}, others: {near:,}"
        st.markdown(f"**Test images (left) and the training images nearest to them (right)**; {copies}")
        _show_twins(image_set, found, pairs)
    st.caption(
        "Brightness and contrast are evened out before images are compared. What is shifted, mirrored or turned is not found: "
        "only pixels in the same place are compared."
    )
    _show_repeats(image_set, found)


def _show_twins(image_set: ImageSet, found: Duplicates, pairs: Indices) -> None:
    shown = _page_of(pairs, "duplicates_page")
    test, training = found.test[shown], found.training[shown]
    differing = image_set.x_test[test] != image_set.x_train[training]
    by_pixel = differing.reshape(len(test), image_set.image_shape[0] * image_set.image_shape[1], -1).any(axis=2)
    words = [
        "exact copy" if exact else f"{closeness:.2f} of usual, {pixels:,} of {by_pixel.shape[1]:,} pixels differ"
        for exact, closeness, pixels in zip(found.exact[shown], found.closeness[shown], by_pixel.sum(axis=1).tolist(), strict=True)
    ]
    _show_pairs(image_set, Split.TEST, test, training, words, "duplicates")
    conflicts = int((image_set.y_test[found.test[pairs]] != image_set.y_train[found.training[pairs]]).sum())
    st.caption(
        f"{describe_conflicts(conflicts, len(pairs))} Below each pair stand its label, its distance in parts of "
        "the usual one, and how many pixels differ. Usual is how near training images of the same kind come to that test image. "
        "Click a pair to inspect the test image."
    )


def _show_repeats(image_set: ImageSet, found: Duplicates) -> None:
    """Exact copies inside training."""
    if not len(found.first):
        st.caption("No training image is an exact copy of another.")
        return
    conflicts = int((image_set.y_train[found.first] != image_set.y_train[found.again]).sum())
    repeated = "1 image repeats" if len(found.first) == 1 else f"{format_count(len(found.first))} images repeat"
    st.markdown(f"**Exact copies inside training**: {repeated} an earlier one")
    shown = _page_of(np.arange(len(found.first)), "repeats_page")
    _show_pairs(image_set, Split.TRAINING, found.first[shown], found.again[shown], ["exact copy"] * len(shown), "repeats")
    st.caption(
        f"{describe_conflicts(conflicts, len(found.first))} A repeated image counts twice while a network learns. "
        "Where one copy is among the validation images and the other is not, the validation accuracy comes out too high."
    )


def _show_pairs(image_set: ImageSet, split: Split, left: Indices, right: Indices, words: Sequence[str], name: str) -> None:
    """Images of a half beside training images, with both labels; marked where they differ. A click inspects the left one."""
    labels, others = image_set.labels(split)[left], image_set.y_train[right]
    names = image_set.class_names
    captions = [
        f"{names[own]}\n{word}" if own == other else f"{names[own]} / {names[other]}\n{word}"
        for own, other, word in zip(labels, others, words, strict=True)
    ]
    clicked = tiles.show_tiles(
        _side_by_side(image_set, image_set.images(split)[left], image_set.x_train[right]),
        captions,
        key=f"samples_{name}",
        label=f"{len(left)} pairs of images with their labels. Choose one to inspect its left image.",
        max_value=image_set.max_value,
        wrong=(labels != others).tolist(),
        size=140,
        on_click=partial(_inspect, image_set.name, split, left),
    )
    _go_to_inspected(clicked)


def _page_of(positions: Indices, key: str) -> Indices:
    pages = -(-len(positions) // _PAIRS)
    page = st.pagination(pages, key=f"{key}_{pages}") if pages > 1 else 1
    return positions[(page - 1) * _PAIRS : page * _PAIRS]


def _side_by_side(image_set: ImageSet, left: Images, right: Images) -> Images:
    """Images two by two, with a grey line between them."""
    line = np.full((*left.shape[:2], max(1, left.shape[2] // 16), *left.shape[3:]), image_set.max_value // 2, dtype=np.uint8)
    return np.concatenate([left, line, right], axis=2)


def _pick_class(title: str, image_set: ImageSet, default: int, help: str) -> int:
    chosen = st.selectbox(
        title,
        options=range(image_set.class_count),
        index=default,
        format_func=lambda label: image_set.class_names[label],
        key=f"lookalikes_{default}_{image_set.name}",
        help=help,
        persist_state="session",
    )
    return int(chosen)


def _plain_names(image_set: ImageSet) -> tuple[str, ...]:
    """The classes' names as Markdown shows them unchanged."""
    return tuple(map(plain, image_set.class_names))


def _inspect(dataset: str, split: Split, indices: Indices, position: int) -> None:
    state.inspect(dataset, split, int(indices[position]))


def _go_to_inspected(clicked: int | None) -> None:
    """The grid may fill the screen: show what the click did."""
    if clicked is not None:
        tiles.scroll_to(INSPECTED)
