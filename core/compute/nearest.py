"""The nearest training images, inside the answering worker, which keeps what a network makes of the training images.

`ask_nearest` is a question of milliseconds. Where the worker does not have the values (any more), `search_nearest` is the job that
works them out, which takes a tenth of a second for a Dense network and seconds for a convolutional one, and then answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.recent import Recent
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import Images, ImageSet, Labels, fingerprint
from core.errors import Cancelled
from core.networks.spec import TrainingSpec, read_spec
from core.predictions.nearest import HiddenImages, find_nearest
from core.predictions.predictor import Predictor
from core.training.splitting import Positions, choose_stratified, split_images

MOST_IMAGES = 20_000
"""Training images that one is compared with: two thousand of each of ten classes."""

MOST_BYTES = 128 * 1024**2
"""Of values kept for one network: all 20,000 images for up to 1,600 units, fewer for more."""

_NETWORKS_KEPT = 2

_AT_ONCE = 1_000
"""Images between two looks at whether anybody still wants the answer."""

_known: Recent[str, HiddenImages] = Recent(_NETWORKS_KEPT)


def nearest_key(model_key: str, image: Images, classes: Sequence[int], count: int) -> str:
    """The key of a job of `search_nearest`: it names all that the answer depends on."""
    return f"nearest-{model_key}-{fingerprint(image)}-{'-'.join(map(str, classes))}-{count}"


def ask_nearest(predictor: Predictor, model_key: str, image: Images, classes: Sequence[int], count: int) -> dict[str, NDArray[Any]]:
    """The fields of a `Nearest` for one image, or nothing if the worker does not have the values of this network. For `consult`."""
    known = _known.get(model_key)
    return {} if known is None else dict(vars(find_nearest(known, predictor.hidden(image[None])[0], classes, count)))


@with_plain_errors
def search_nearest(
    report: Report,
    should_stop: Callable[[], bool],
    model_key: str,
    source: ModelSource,
    image_set: ImageSet,
    image: Images,
    classes: Sequence[int],
    count: int,
) -> dict[str, NDArray[Any]]:
    """As `ask_nearest`, and the values are worked out and kept if need be. Raises `Cancelled`."""
    predictor = find_predictor(model_key, source)
    if _known.get(model_key) is None:
        units = predictor.hidden(image[None]).shape[1]
        positions = choose_compared(read_spec(source.spec), image_set.y_train, units)
        values = work_out_hidden(report, should_stop, predictor, image_set.x_train, positions)
        _known.put(model_key, HiddenImages(positions, image_set.y_train[positions], values))
    return ask_nearest(predictor, model_key, image, classes, count)


def choose_compared(spec: TrainingSpec, labels: Labels, units: int) -> Positions:
    """Which of the images that a run of `spec` learned from are compared, in ascending order: all, or the same share of each class."""
    learned = split_images(spec, labels).training
    most = max(1, min(MOST_IMAGES, MOST_BYTES // (4 * units)))
    return choose_stratified(learned, labels, most, spec.seed)


def work_out_hidden(
    report: Report, should_stop: Callable[[], bool], predictor: Predictor, images: Images, positions: Positions
) -> NDArray[np.float32]:
    """What the last hidden layer makes of the images at these positions, `float32 (n, units)`. Raises `Cancelled`."""
    values = [predictor.hidden(images[:0])]
    for first in range(0, len(positions), _AT_ONCE):
        if should_stop():
            raise Cancelled("The search was called off.")
        report(first / len(positions), f"{first:,} of {len(positions):,} training images.")
        values.append(predictor.hidden(images[positions[first : first + _AT_ONCE]]))
    return np.concatenate(values)
