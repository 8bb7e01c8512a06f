"""Reading drawings, inside the answering worker: probabilities, and how new each image is to the network.

For the second question the worker has to know what the network makes of its training images. `learn_familiar` is the job that finds
out, in a second for a Dense network and in half a minute for a convolutional one; what it found is kept on disk and handed to the
worker by the next question. The shipped network brings it along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Arrays, Report
from core.compute.nearest import choose_compared, work_out_hidden
from core.compute.recent import Recent
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import Images, ImageSet
from core.networks.spec import TrainingSpec, read_spec
from core.predictions.novelty import Familiar, build_familiar, measure_novelty
from core.predictions.predictor import Predictor
from core.shipped.card import load_familiar, shipped_model_key
from core.training.splitting import Positions, choose_stratified, split_images

MOST_LEFT_OUT = 6_000
"""As many as a run of MNIST's 60,000 images usually holds back."""

_NETWORKS_KEPT = 4
"""As many as the worker keeps networks ready; 10 MB each."""

_known: Recent[str, Familiar] = Recent(_NETWORKS_KEPT)


def read_images(predictor: Predictor, model_key: str, images: Images, familiar: Arrays | None = None) -> dict[str, NDArray[Any]]:
    """A network's answers to images, `uint8 (n, *image_shape)`. For `consult`.

    Args:
        familiar: what `learn_familiar` found for this network; only needed if the worker does not have it.

    Returns:
        `probabilities`, `float32 (n, class_count)`, and the fields of a `Novelty`, unless what the network has seen is not known (yet).
    """
    if familiar is not None:
        _known.put(model_key, Familiar.from_arrays(familiar))
    known = load_familiar() if model_key == shipped_model_key() else _known.get(model_key)
    hidden, probabilities = predictor.answers(images)
    novelty = {} if known is None else vars(measure_novelty(known, hidden))
    return {"probabilities": probabilities, **novelty}


def familiar_key(model_key: str) -> str:
    """The key of a job of `learn_familiar`: the weights decide it, and the images are those that they learned from."""
    # The number is that of the way they are worked out: what an earlier Inkling kept on the disk is no answer any more.
    return f"familiar-3-{model_key}"


@with_plain_errors
def learn_familiar(
    report: Report, should_stop: Callable[[], bool], model_key: str, source: ModelSource, image_set: ImageSet
) -> dict[str, NDArray[Any]]:
    """What a network makes of training images and of the real images that set the threshold, as `Familiar.to_arrays` packs it.

    Raises `Cancelled`.
    """
    predictor, spec = find_predictor(model_key, source), read_spec(source.spec)
    units = predictor.hidden(image_set.x_train[:1]).shape[1]
    compared, real, is_unseen = choose_familiar(spec, image_set, units)
    both = np.concatenate([compared, real])
    values = work_out_hidden(report, should_stop, predictor, image_set.x_train, both)
    labels, (learned, rest) = image_set.y_train[compared], np.split(values, [len(compared)])
    return build_familiar(compared, labels, learned, rest, is_unseen=is_unseen).to_arrays()


class FamiliarChoice(NamedTuple):
    """Positions in the training half: of images to compare with, and of real ones that set the threshold.

    `is_unseen`: whether the network did not learn from the latter.
    """

    compared: Positions
    real: Positions
    is_unseen: bool


def choose_familiar(spec: TrainingSpec, image_set: ImageSet, units: int) -> FamiliarChoice:
    """The threshold is set by the images that the run held back; if it held none back, by up to `MOST_LEFT_OUT` that it left out.

    A run that learned from all images has seen every one. Then every tenth of those to compare with is taken out for it: the network
    has learned these, so they look more familiar than new ones would, and more real drawings will be called novel than one in twenty.
    Whoever shows the threshold has to say so.
    """
    compared, split = choose_compared(spec, image_set.y_train, units), split_images(spec, image_set.y_train)
    if len(split.validation):
        return FamiliarChoice(compared, np.sort(split.validation), True)
    left_out = np.setdiff1d(np.arange(len(image_set.y_train), dtype=np.int32), split.training)
    if len(left_out):
        return FamiliarChoice(compared, choose_stratified(left_out, image_set.y_train, MOST_LEFT_OUT, spec.seed), True)
    is_taken = np.arange(len(compared)) % 10 == 0
    return FamiliarChoice(compared[~is_taken], compared[is_taken], False)
