"""What a training run says while it runs: past tense, plain frozen dataclasses, each one a line of JSON.

Loss is the mean over the images of the period, in nats. Accuracy is a share from 0 to 1.
Seconds are wall-clock time since the training began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingStarted:
    """The network is built and the first step is about to run."""

    parameters: int
    training_images: int
    validation_images: int
    steps_per_epoch: int
    environment: dict[str, str]


@dataclass(frozen=True)
class StepsTaken:
    """A chunk of steps ran, about a fifth of a second's worth.

    `step` counts from the start of the run. `loss` and `accuracy` are means over the images of this chunk alone.
    The validation values come from a small fixed sample of the validation images; None where none are held back,
    and at points left out because looking would slow the training (large networks).
    `images_per_second` is the speed of this chunk.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class EpochEnded:
    """All training images were used once more. `epoch` counts from 1.

    `loss` and `accuracy` are means over the epoch, while the weights were still changing, as `keras.Model.fit` reports them.
    The validation values come from all validation images, with the weights at the epoch's end.
    `images_per_second` counts training only, not validation.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class ArtefactReady:
    """A file for the run's folder. `name` is relative, such as `weights/epoch-0003.npz` or `model.keras`."""

    name: str
    data: bytes


TrainingEvent = TrainingStarted | StepsTaken | EpochEnded | ArtefactReady

_KINDS: dict[str, type[TrainingStarted] | type[StepsTaken] | type[EpochEnded] | type[ArtefactReady]] = {
    kind.__name__: kind for kind in (TrainingStarted, StepsTaken, EpochEnded, ArtefactReady)
}


def event_to_dict(event: TrainingEvent) -> dict[str, Any]:
    """The event as a plain dict with its class name under `kind`, fit for msgpack; and for JSON, but for an artefact's bytes."""
    return {"kind": type(event).__name__, **asdict(event)}


def event_from_dict(data: Mapping[str, Any]) -> TrainingEvent:
    """The inverse of `event_to_dict`. Raises `KeyError` or `TypeError` for anything else, which is a bug, not a user's mistake."""
    fields = dict(data)
    return _KINDS[fields.pop("kind")](**fields)
