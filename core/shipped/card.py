"""What is known of the shipped network, and its files.

| file in `digits/` | what is in it |
| --- | --- |
| `card.json` | the `Card` |
| `weights.npz` | the weights, as `core.networks.weights` packs them compactly |
| `familiar.npz` | a `Familiar`: training images and printed digits as its last hidden layer has them, no pixels |
| `profile.npz` | a `Profile`: how much ink the training images hold, how large they are and where they lie |

All four are written by `python -m core pretrain`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.drawing.profile import Profile
from core.drawing.reader import Reader
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.networks.spec import TrainingSpec
from core.predictions.novelty import Familiar

SHIPPED = "shipped"
"""The id of the shipped network, where a run has twelve hexadecimal digits."""

FOLDER = Path(__file__).parent / "digits"

MAX_BYTES = 1_500_000
"""Of all four files: they are part of every copy of Inkling."""


class Flagged(BaseModel):
    """Of `images` of one kind, how many are called unlike anything learned: by the score that Inkling uses, and by the energy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    images: int
    by_score: int
    by_energy: int


class Card(BaseModel):
    """How the shipped network was made and what it was measured to do. Frozen.

    Attributes:
        spec: its layers and how it was trained.
        dataset, dataset_sha256: the images it learned from.
        augmentation: in words, what was done to them besides the spec's own augmentation.
        weights_sha256: of `weights.npz`.
        parameters: numbers in the network.
        made: the day, as 2026-11-22. `seconds`: of training. `versions`: of the libraries that computed.
        training_images, validation_images, test_images: how many of each.
        test_accuracy, test_accuracy_interval: 0 to 1, with the 95 % interval (Wilson).
        misread, misread_flagged: test images that it reads wrong, and how many of those are called novel.
        printed_fonts, printed_right: the fonts of the printed digits, ten of each, and how many of these it reads right.
        novelty: what is called novel at the threshold that 95 % of the validation digits pass.
        limits: what it can't do, in sentences.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    spec: TrainingSpec
    dataset: str
    dataset_sha256: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...]
    max_value: int
    augmentation: str
    weights_sha256: str
    parameters: int
    made: str
    seconds: float
    versions: dict[str, str]
    training_images: int
    validation_images: int
    test_images: int
    test_accuracy: float
    test_accuracy_interval: tuple[float, float]
    misread: int
    misread_flagged: int
    printed_fonts: tuple[str, ...]
    printed_right: int
    novelty: tuple[Flagged, ...]
    limits: tuple[str, ...]


@cache
def load_card() -> Card:
    """The card of the shipped network."""
    return Card.model_validate_json((FOLDER / "card.json").read_bytes())


@cache
def load_weights() -> bytes:
    """Its weights, packed."""
    return (FOLDER / "weights.npz").read_bytes()


@cache
def load_familiar() -> Familiar:
    """What it has seen, for the novelty of a drawing."""
    with np.load(FOLDER / "familiar.npz", allow_pickle=False) as archive:
        return Familiar.from_arrays(archive)


@cache
def load_profile() -> Profile:
    """Ink, size and place of the images that it learned from."""
    with np.load(FOLDER / "profile.npz", allow_pickle=False) as archive:
        return Profile.from_arrays(archive)


@cache
def load_reader() -> Reader:
    """The shipped network as one that reads drawings; MNIST itself need not be on this machine."""
    card = load_card()
    style = DrawingStyle("mnist", MNIST_SHARE)
    return Reader(SHIPPED, card.title, card.dataset, card.dataset_sha256, card.class_names, card.image_shape, card.max_value, style)


def shipped_model_key() -> str:
    """Names the weights, as `ComputeService.model_key` does for a run."""
    return f"{SHIPPED}/{load_card().weights_sha256}"
