"""A network's answers to all test images, once they are opened, or to those its run held back: worked out once, then there at once."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.compute.jobs import JobProgress
from core.compute.lanes import Lane
from core.compute.scoring import score_images, scoring_key
from core.datasets.image_set import ImageSet, Split
from core.figures.numbers import format_count
from core.networks.advice import held_back
from core.predictions.looks import describe_looks, describe_validation_looks
from core.predictions.scored import ScoredImages
from core.predictions.scores import Scores, score
from core.runs.record import RunRecord
from core.shipped.card import load_card
from pages.components import choices, frame, jobs, services, state
from pages.components.words import plain

_PATIENCE = 3.0
"""Seconds for which a page waits before it shows how far the scoring is: 10,000 images take half a second of it."""

_LISTED = 10_000
"""Runs among which those on the same set are counted, the newest."""

_NAMES = {Split.TEST: "Test", Split.TRAINING: "Validation"}


def pick_split(record: RunRecord) -> Split:
    """Which images to look at: those of the test half, or those of the training half that the run held back. The same on all pages."""
    return choices.choose(
        "Images",
        _NAMES,
        default=Split.TEST,
        format_func=lambda split: _NAMES[split],
        key=state.SCORED_IMAGES,
        help=f"Test images are for a last check, and sealed until you open them. {_describe_validation(record)}",
    )


def _describe_validation(record: RunRecord) -> str:
    if not record.spec.validation_split:
        return f"{plain(record.title)} has no validation images: it held none back."
    return (
        f"{plain(record.title)} did not learn from its validation images either: they were held back from the training images, and are "
        "there to look at and to choose by. The best of many networks looks better on them than it is, so check the one that you keep on "
        "the test images."
    )


def find_all_scored(records: Sequence[RunRecord], split: Split) -> list[ScoredImages] | None:
    """As `find_scored`, for several networks: None, after saying how far it is, until all have answered."""
    scored = []
    for record in records:
        # One after the other: several bars of progress, or several seals, would say the same thing.
        found = find_scored(record, split)
        if found is None:
            return None
        scored.append(found)
    return scored


def find_scored(record: RunRecord, split: Split) -> ScoredImages | None:
    """The images of that half with the network's answers; until they are known, how far they are, or what is missing, and None.

    Test images stay sealed until somebody opens them for this network.
    Raises `InklingError` if the run's set is gone or has changed.
    """
    image_set = services.catalog().load(record.spec.dataset)
    record.check_images(image_set)
    if split == Split.TEST and is_sealed(record, image_set):
        show_seal(record, image_set)
        return None
    if split == Split.TRAINING and not held_back(len(image_set.y_train), record.spec.validation_split):
        st.info(f"{plain(record.title)} held no images back for validation, so there are none to look at.", icon=":material/info:")
        return None
    model_key = services.compute().model_key(record.id)
    key = scoring_key(model_key, split)

    def start() -> JobProgress:
        # Only now, for the weights are read from the disk.
        source = services.compute().model_source(record.id)
        return services.compute().start_job(key, score_images, *source, image_set, split, lane=Lane.STUDY, keep=True)

    answers = jobs.await_job(key, start, seconds=_PATIENCE)
    if answers is None:
        return None
    positions = answers["positions"]
    labels = image_set.labels(split)[positions]
    return ScoredImages(record.id, model_key, image_set, split, positions, _score(key, answers["probabilities"], labels))


def describe_openings(scored: ScoredImages) -> str:
    """How many networks' answers to these test images were looked at, and what that means."""
    return _describe_looks(scored.image_set.sha256, len(scored), scored.scores.accuracy)


def count_openings(dataset_sha256: str) -> int:
    """Of how many networks the answers to these test images were looked at, the one that comes with Inkling among them: its card tells."""
    return services.ledger().count_openings(dataset_sha256) + _was_measured_on(dataset_sha256)


def _was_measured_on(dataset_sha256: str) -> bool:
    """Whether the network that comes with Inkling was."""
    return dataset_sha256 == load_card().dataset_sha256


def _describe_looks(dataset_sha256: str, count: int, accuracy: float | None) -> str:
    return describe_looks(count_openings(dataset_sha256), count, accuracy, with_shipped=_was_measured_on(dataset_sha256))


def describe_choosing(scored: ScoredImages) -> str:
    """What it means to choose by these validation images among all runs on the same set."""
    listed = services.store().list(limit=_LISTED)
    accuracies = [one.validation_accuracy for one in listed if one.dataset_sha256 == scored.image_set.sha256]
    return describe_validation_looks([one for one in accuracies if one is not None] or [scored.scores.accuracy], len(scored))


def is_sealed(record: RunRecord, image_set: ImageSet) -> bool:
    """Whether nobody has opened the test images for this network: then nothing that it makes of any of them is shown."""
    return not services.ledger().is_open(image_set.sha256, record.id)


def show_seal(record: RunRecord, image_set: ImageSet) -> None:
    """What stands in place of what a network makes of test images that nobody has opened for it."""
    count = len(image_set.y_test)
    with st.container(border=True, key=f"seal_{record.id}"):
        st.markdown(
            f"**:material/lock: The {format_count(count)} test images of {plain(image_set.title)} are sealed for {plain(record.title)}**"
        )
        st.markdown(
            "They are kept for one honest question: how good is this network on images that nothing was chosen by? "
            "As long as you are still trying out layers, rates or numbers of epochs, choose by the validation images instead."
        )
        st.caption(_describe_looks(image_set.sha256, count, record.validation_accuracy))
        st.button(
            "Open the test set",
            icon=":material/lock_open:",
            type="primary",
            key=f"open_test_{record.id}",
            help="Shows this network's answers to the test images, for good. Inkling counts it.",
            on_click=_open,
            args=(image_set.sha256, record.id),
        )


def _open(dataset_sha256: str, run_id: str) -> None:
    with frame.errors_shown():
        services.ledger().open_test(dataset_sha256, run_id)


@st.cache_resource(show_spinner=False, max_entries=20)
def _score(key: str, _probabilities, _labels) -> Scores:  # type: ignore[no-untyped-def]
    """Kept, because a `Scores` works things out on first use. It never changes, so that visitors can share it."""
    return score(_probabilities, _labels)
