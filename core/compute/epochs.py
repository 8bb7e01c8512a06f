"""The time machine: what the network of each epoch makes of the validation images, and of a drawing.

The first three functions are for the page server; `study_epochs` and `ask_epochs` run as jobs inside the answering worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.lanes import Lane
from core.compute.tasks import ModelSource, with_plain_errors
from core.compute.worker import warm_up
from core.datasets.image_set import Images, ImageSet, Labels, fingerprint
from core.errors import Cancelled, StorageError
from core.networks.spec import TrainingSpec, read_spec
from core.predictions.scores import score
from core.training.splitting import Positions, choose_sample, split_images

MAX_EPOCHS = 100
"""Epochs to look back at: more than a slider can be moved to one by one."""

MAX_BYTES = 128 * 1024**2
"""Weights that travel to the worker for one look back. Of a network with ten million weights, that is six epochs."""

MAX_TRAINING_IMAGES = 5_000
"""Where no images are held back, as many of those it learned from."""

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class EpochWeights:
    """The weights at the end of some epochs, in their order, as `core.networks.weights` packs them."""

    epochs: tuple[int, ...]
    packed: tuple[bytes, ...]


def choose_epochs(kept: Mapping[int, Path]) -> tuple[int, ...]:
    """Of the epochs whose weights are kept, at most `MAX_EPOCHS` and `MAX_BYTES`, evenly spread, the first and the last among them.

    Raises `StorageError` if a file has vanished.
    """
    epochs = list(kept)
    if len(epochs) < 2:
        return tuple(epochs)
    try:
        size = kept[epochs[-1]].stat().st_size
    except OSError as error:
        raise StorageError(f"The weights of epoch {epochs[-1]} can't be read ({error}). The run's folder may have been deleted.") from error
    most = max(2, min(MAX_EPOCHS, MAX_BYTES // max(size, 1)))
    if len(epochs) <= most:
        return tuple(epochs)
    return tuple(epochs[place] for place in np.linspace(0, len(epochs) - 1, most).round().astype(int).tolist())


def read_epochs(kept: Mapping[int, Path], epochs: Sequence[int]) -> EpochWeights:
    """Raises `StorageError` if one of the files can't be read."""
    try:
        return EpochWeights(tuple(epochs), tuple(kept[epoch].read_bytes() for epoch in epochs))
    except OSError as error:
        raise StorageError(f"The weights of an epoch can't be read ({error}). The run's folder may have been deleted.") from error


def drawing_key(run_id: str, epochs: Sequence[int], image: Images) -> str:
    """The key of a job of `ask_epochs`: it names all that the answers depend on."""
    return f"{study_key(run_id, epochs)}-{fingerprint(image)}"


def study_key(run_id: str, epochs: Sequence[int]) -> str:
    """The key of a job of `study_epochs`. The weights of a run that has ended never change."""
    return f"epochs-{run_id}-{'-'.join(map(str, epochs))}"


@with_plain_errors
def study_epochs(
    report: Report, should_stop: ShouldStop, image_set: ImageSet, source: ModelSource, weights: EpochWeights
) -> dict[str, NDArray[Any]]:
    """What the network of each epoch makes of the images that the run held back; see `choose_images` where there were none.

    Returns, in the order of the epochs, `confusion`, `int32 (epochs, classes, classes)`: rows are true classes, columns what images
    were read as; and `loss`, `float32 (epochs,)`, the mean cross-entropy in nats. Raises `Cancelled`.
    """
    positions = choose_images(read_spec(source.spec), image_set.y_train)
    images, labels = image_set.x_train[positions], image_set.y_train[positions]
    scores = [score(answers, labels) for answers in _answers(report, should_stop, source, weights, images)]
    return {
        "confusion": np.stack([one.confusion for one in scores]).astype(np.int32),
        "loss": np.array([one.loss for one in scores], np.float32),
    }


@with_plain_errors
def ask_epochs(
    report: Report, should_stop: ShouldStop, images: Images, source: ModelSource, weights: EpochWeights
) -> dict[str, NDArray[Any]]:
    """What the network of each epoch takes images for: `probabilities`, `float32 (epochs, n, classes)`. Raises `Cancelled`."""
    return {"probabilities": np.stack(list(_answers(report, should_stop, source, weights, images)))}


def choose_images(spec: TrainingSpec, labels: Labels) -> Positions:
    """Positions in the training half: the images that a run held back; where it held none back, up to `MAX_TRAINING_IMAGES` of its own."""
    split = split_images(spec, labels)
    return split.validation if len(split.validation) else choose_sample(split.training, MAX_TRAINING_IMAGES, spec.seed)


def _answers(
    report: Report, should_stop: ShouldStop, source: ModelSource, weights: EpochWeights, images: Images
) -> Iterator[NDArray[np.float32]]:
    """The probabilities of one epoch after the other."""
    warm_up(Lane.ANSWER)
    from core.predictions.epochs import EpochPredictor

    spec, (first, *others) = read_spec(source.spec), weights.packed
    predictor = EpochPredictor(spec, source.image_shape, source.class_count, source.max_value, first)
    yield predictor.probabilities(images)
    for place, packed in enumerate(others, start=1):
        if should_stop():
            raise Cancelled("The look back was called off.")
        report(place / len(weights.epochs), f"Epoch {weights.epochs[place]}.")
        predictor.load(packed)
        yield predictor.probabilities(images)
