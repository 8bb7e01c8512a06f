"""Predict > One image: an image, the answer to it, and one of several ways to look behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.compute.tasks import Consultation
from core.datasets.image_set import ImageSet
from core.networks.plan import Step, plan_layers
from core.runs.record import RunRecord
from pages.components import answers, evidence, frame, gallery, image_choice, nearest, services
from pages.components.image_choice import ChosenImage
from pages.components.words import plain

# Pixels. The answer stands beside the image where there is room for it, else below.
_PICTURE_WIDTH, _CHART_WIDTH = 190, 320


@dataclass(frozen=True, eq=False)
class Subject:
    """One image and one network.

    Attributes:
        probabilities: the network's answer, `float32 (class_count,)`.
        model_key: names the network's weights.
    """

    record: RunRecord
    image_set: ImageSet
    chosen: ChosenImage
    probabilities: NDArray[np.float32]
    model_key: str

    @cached_property
    def predicted(self) -> int:
        return int(self.probabilities.argmax())

    @cached_property
    def other(self) -> int:
        """What it was not taken for: its label, where that is another class, otherwise the runner-up."""
        if self.chosen.label not in (None, self.predicted):
            return int(self.chosen.label or 0)
        return int(np.argsort(-self.probabilities, kind="stable")[1])

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The layers of the network."""
        return plan_layers(self.record.spec, self.image_set.image_shape, self.image_set.class_count)

    @property
    def key(self) -> str:
        """Names the network's weights and the image."""
        return f"{self.model_key}-{self.chosen.key}"

    def consult(self, question: Consultation, *arguments: Hashable) -> dict[str, NDArray[Any]]:
        """What the network says to a question about this image. Kept, so that asking again costs nothing."""
        ask = services.compute().consult
        return _kept((self.key, question.__name__, *arguments), lambda: ask(self.record.id, question, self.chosen.image, *arguments))


@st.cache_resource(show_spinner=False, max_entries=50)
def _kept(key: tuple[Hashable, ...], _ask: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    found = _ask()
    for array in found.values():
        array.setflags(write=False)
    return found


def choose_subject(record: RunRecord) -> Subject | None:
    """The image, and what the network takes it for; None, after saying what is missing, if there is no image yet.

    Raises `InklingError` if the run's set is gone or has changed, or a file can't be used.
    """
    image_set = services.catalog().load(record.spec.dataset)
    record.check_images(image_set)
    chosen = image_choice.choose_image(record, image_set)
    if chosen is None:
        return None
    model_key = services.compute().model_key(record.id)
    found = _kept((model_key, chosen.key), lambda: {"answer": services.compute().predict(record.id, chosen.image[None])[0]})
    return Subject(record, image_set, chosen, found["answer"], model_key)


def render_answer(subject: Subject) -> None:
    """The image as the network gets it, and all probabilities."""
    chosen, names = subject.chosen, subject.image_set.class_names
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=_PICTURE_WIDTH):
            st.caption(plain(chosen.title))
            gallery.show_pixels(chosen.image, subject.image_set.max_value, alt=f"{chosen.title} as the network gets it.")
        with st.container(width=_CHART_WIDTH):
            st.caption("What the network takes it for")
            name = f"{subject.record.id}-{chosen.key[:12]}-probabilities"
            answers.show_answer(subject.probabilities, names, key="one_image_probabilities", remark=_judge(subject), name=name)
    st.caption(f"{chosen.remark} Look at how far the best is ahead of the next: that is how sure the network is of this one image.")


def _judge(subject: Subject) -> str:
    if subject.chosen.label is None:
        return ""
    if subject.chosen.label == subject.predicted:
        return "That is right."
    return f"That is wrong: its label says {plain(subject.image_set.class_names[subject.chosen.label])}."


def render_evidence(subject: Subject) -> None:
    """Which pixels speak for the answer."""
    evidence.show_evidence(
        subject.record.id,
        subject.chosen.image,
        max_value=subject.image_set.max_value,
        class_names=subject.image_set.class_names,
        predicted=subject.predicted,
        other=subject.other,
        key=f"one_image_{subject.chosen.key[:12]}",
    )


def render_patch(subject: Subject) -> None:
    """The smallest change that gives another answer."""
    key, images = f"one_image_{subject.chosen.key[:12]}", subject.image_set
    evidence.show_patch(subject.record.id, subject.chosen.image, max_value=images.max_value, class_names=images.class_names, key=key)


def render_nearest(subject: Subject) -> None:
    """Training images that the network sees as most alike, of the class it says and of another."""
    key = f"one_image_{subject.chosen.key[:12]}"
    nearest.show_nearest(subject.record, subject.chosen.image, [subject.predicted, subject.other], key=key)


def in_fragment(render: Callable[[Subject], None], subject: Subject) -> None:
    """Draw a part so that what is clicked in it redraws nothing else."""
    st.fragment(frame.guarded(render))(subject)
