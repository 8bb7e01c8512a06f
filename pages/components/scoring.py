"""A network's answers to all test images, or to those its run held back: worked out once, with progress, then there at once."""

from __future__ import annotations

import streamlit as st

from core.compute.jobs import JobProgress
from core.compute.lanes import Lane
from core.compute.scoring import choose_scored, score_images, scoring_key
from core.datasets.image_set import Split
from core.predictions.scored import ScoredImages
from core.predictions.scores import Scores, score
from core.runs.record import RunRecord
from pages.components import jobs, services
from pages.components.words import plain

_PATIENCE = 3.0
"""Seconds for which a page waits before it shows how far the scoring is: 10,000 images take half a second of it."""


def find_scored(record: RunRecord, split: Split) -> ScoredImages | None:
    """The images of that half with the network's answers; until they are known, how far they are, or what is missing, and None.

    Raises `InklingError` if the run's set is gone or has changed.
    """
    model_key, source = services.compute().model_source(record.id)
    image_set = services.catalog().load(record.spec.dataset)
    positions = choose_scored(record.spec, image_set, split)
    if not len(positions):
        st.info(f"{plain(record.title)} held no images back for validation, so there are none to look at.", icon=":material/info:")
        return None
    key = scoring_key(model_key, split)

    def start() -> JobProgress:
        return services.compute().start_job(key, score_images, model_key, source, image_set, split, positions, lane=Lane.STUDY, keep=True)

    answers = jobs.await_job(key, start, seconds=_PATIENCE)
    if answers is None:
        return None
    labels = image_set.labels(split)[positions]
    return ScoredImages(record.id, model_key, image_set, split, positions, _score(key, answers["probabilities"], labels))


@st.cache_resource(show_spinner=False, max_entries=20)
def _score(key: str, _probabilities, _labels) -> Scores:  # type: ignore[no-untyped-def]
    """Kept, because a `Scores` works things out on first use. It never changes, so that visitors can share it."""
    return score(_probabilities, _labels)
