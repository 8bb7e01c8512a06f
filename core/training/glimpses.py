"""Looks inside a network while it learns: what it takes a dozen images for, and how its layers are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.networks.shuffling import Order, put_back
from core.rates import SUREST
from core.training.events import Glimpsed, LayerHealth
from core.training.learner import Learner
from core.training.programs import trace_inspect
from core.training.splitting import ValidationSplit, choose_examples, choose_sample
from core.training.steps import CompiledSteps

EXAMPLES = 12
BATCH = 64
"""Training images whose gradients and activations are looked at."""

FIRST_UNITS = 64
"""Units or filters of the first layer whose weights are shown."""

GLIMPSE_SECONDS = 1.0
GLIMPSE_SHARE = 0.01
"""The share of the time that may go into glimpses. Where one costs more than that in a second, they come less often."""

_SILENT = ("relu", "hard_sigmoid")
"""Activations that give exactly 0, and have no slope there, over a whole range of values."""

_LARGEST_HALF = float(np.finfo(np.float16).max)


class Glimpses:
    """Takes a look now and then, without changing anything. One thread only."""

    def __init__(
        self,
        image_set: ImageSet,
        split: ValidationSplit,
        seed: int,
        learner: Learner,
        compiled: CompiledSteps,
        on_event: Callable[[Glimpsed], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        held_back = split.validation if len(split.validation) else split.training
        self._examples = choose_examples(held_back, image_set.y_train, EXAMPLES, seed)
        self._batch = choose_sample(split.training, BATCH, seed)
        self._image_shape = image_set.image_shape
        self._learner, self._compiled, self._on_event, self._clock = learner, compiled, on_event, clock
        self._traced: tuple[list[Any], Callable[..., Any]] | None = None
        self._cost = math.inf
        self._looked_at = self._epoch_looked_at = -math.inf
        self._step = -1

    def offer(self, epoch: int, step: int, *, is_epoch_end: bool = False) -> None:
        """Look if it is time to. At the end of an epoch it is, unless another epoch has ended a moment before."""
        since = self._clock() - (self._epoch_looked_at if is_epoch_end else self._looked_at)
        if since >= max(GLIMPSE_SECONDS, self._cost / GLIMPSE_SHARE if math.isfinite(self._cost) else 0.0):
            self.look(epoch, step)
            if is_epoch_end:
                self._epoch_looked_at = self._looked_at

    def look(self, epoch: int, step: int) -> None:
        """Look now, unless nothing has changed since the last time."""
        if step == self._step:
            return
        began, is_first = self._clock(), self._traced is None
        glimpse = self._glimpse(epoch, step)
        if glimpse is not None:
            self._on_event(glimpse)
        self._looked_at, self._step = self._clock(), step
        # The cheapest so far, for a busy moment says little about the next; and not the first one, which is traced: a third of a second
        # would put off the second look by half a minute.
        if not is_first:
            self._cost = min(self._cost, self._looked_at - began)

    def _glimpse(self, epoch: int, step: int) -> Glimpsed | None:
        """None if a number is no longer finite: then the training is about to fail, and says so itself."""
        import tensorflow as tf

        if self._traced is None:
            # Not before it is needed, so that the first point of the curve does not wait for it.
            self._traced = trace_inspect(self._learner, *self._compiled.images)
        layers, inspect = self._traced
        probabilities, health = (values.numpy() for values in inspect(tf.constant(self._examples), tf.constant(self._batch)))
        if not (np.isfinite(probabilities).all() and np.isfinite(health).all()):
            return None
        first = picture_weights(layers[0].kernel.numpy(), self._image_shape, self._learner.pixel_order)
        return Glimpsed(
            epoch=epoch,
            step=step,
            examples=tuple(self._examples.tolist()),
            probabilities=np.minimum(probabilities, SUREST).astype("<f4").tobytes(),
            layers=tuple(_describe(layer, values) for layer, values in zip(layers, health.tolist(), strict=True)),
            first_weights=first.tobytes(),
            first_shape=first.shape,
        )


def _describe(layer: Any, values: list[float]) -> LayerHealth:
    gradient, weight, activation, silent = values
    return LayerHealth(layer.name, gradient, weight, activation, silent if layer.activation.__name__ in _SILENT else 0.0)


def picture_weights(kernel: NDArray[np.float32], image_shape: tuple[int, ...], order: Order | None = None) -> NDArray[np.float16]:
    """The weights of the first units or filters as pictures, these first; empty if the layer does not see the image itself.

    Args:
        kernel: of the first layer that has one, as Keras has it, units or filters last.
        order: of the pixels, where they are shuffled. Each weight of a unit is put back to where its pixel is in the image.
    """
    pictures = np.moveaxis(kernel[..., :FIRST_UNITS], -1, 0)
    if pictures.ndim == 2:
        if pictures.shape[1] != math.prod(image_shape):
            return np.empty(0, "<f2")
        pictures = pictures.reshape(-1, *image_shape)
        pictures = pictures if order is None else put_back(pictures, order)
    return np.ascontiguousarray(np.clip(pictures, -_LARGEST_HALF, _LARGEST_HALF), "<f2")
