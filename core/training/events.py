"""What a training run says while it runs: past tense, plain frozen dataclasses, each one a line of JSON.

Loss is the mean over the images of the period, in nats. Accuracy is a share from 0 to 1.
Seconds are wall-clock time since the training began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
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
    learning_rate: float | None = None
    """Of the chunk's last step; None in runs of the first version, whose rate never changed."""


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
    learning_rate: float | None = None
    """Of the epoch's last step; None in runs of the first version, whose rate never changed."""


class Mark(StrEnum):
    """What a user did, or a rule decided, while a network trained."""

    PAUSED = "paused"
    RESUMED = "resumed"
    RATE_CHANGED = "rate changed"
    STOPPED = "stopped"
    STOPPED_EARLY = "stopped early"
    TARGET_REACHED = "target reached"
    BEST_KEPT = "best epoch kept"


@dataclass(frozen=True)
class Marked:
    """Something to be marked on the curves, before the step after `step`.

    `value` is the factor on the scheduled learning rate of a RATE_CHANGED, the epoch gone back to of a BEST_KEPT, otherwise None.
    """

    mark: Mark
    epoch: int
    step: int
    seconds: float
    value: float | None = None


@dataclass(frozen=True)
class LayerHealth:
    """One layer with weights, as of one batch of training images.

    Attributes:
        name: as Keras has it, such as `dense_1`.
        gradient: root mean square of the loss' gradient over the layer's kernel.
        weight: root mean square of the kernel.
        activation: root mean square of what the layer gives.
        dead: share of its units (of a convolution: filters) that gave 0 for every image of the batch; 0 where the activation has no zero.
    """

    name: str
    gradient: float
    weight: float
    activation: float
    dead: float


@dataclass(frozen=True)
class Glimpsed:
    """A look inside the network, about once a second and at the end of each epoch that is not followed by another within that time.

    Attributes:
        examples: positions in `x_train` of a dozen fixed validation images (of training images where none are held back).
        probabilities: `float32 (examples, class_count)` in C order, little-endian: what the network takes them for now.
        layers: from the image to the output.
        first_weights: the kernel of the first layer with weights, `float16` in C order, little-endian, up to 64 units or filters:
            dense `(units, *image_shape)` (zero-padded nowhere; only if that layer sees the image itself), convolution
            `(filters, kernel, kernel, channels)`. Empty where there is nothing to show as a picture.
        first_shape: the shape of `first_weights`.
    """

    epoch: int
    step: int
    examples: tuple[int, ...]
    probabilities: bytes
    layers: tuple[LayerHealth, ...]
    first_weights: bytes
    first_shape: tuple[int, ...]


@dataclass(frozen=True)
class ArtefactReady:
    """A file for the run's folder. `name` is relative, such as `weights/epoch-0003.npz` or `model.keras`."""

    name: str
    data: bytes


TrainingEvent = TrainingStarted | StepsTaken | EpochEnded | Marked | Glimpsed | ArtefactReady

_KINDS: dict[str, Callable[..., TrainingEvent]] = {
    kind.__name__: kind for kind in (TrainingStarted, StepsTaken, EpochEnded, Marked, Glimpsed, ArtefactReady)
}


def event_to_dict(event: TrainingEvent) -> dict[str, Any]:
    """The event as a plain dict with its class name under `kind`, fit for msgpack; and for JSON, but for an artefact's bytes."""
    fields = asdict(event)
    if isinstance(event, Marked):
        # Dask's msgpack takes strings, but no kinds of them.
        fields["mark"] = event.mark.value
    return {"kind": type(event).__name__, **fields}


def event_from_dict(data: Mapping[str, Any]) -> TrainingEvent:
    """The inverse of `event_to_dict`. Raises `KeyError` or `TypeError` for anything else, which is a bug, not a user's mistake."""
    fields = dict(data)
    kind = fields.pop("kind")
    if kind == "Marked":
        fields["mark"] = Mark(fields["mark"])
    if kind == "Glimpsed":
        # JSON and msgpack know neither tuples nor our classes.
        fields["layers"] = tuple(LayerHealth(**layer) for layer in fields["layers"])
        fields |= {name: tuple(fields[name]) for name in ("examples", "first_shape")}
    return _KINDS[kind](**fields)
