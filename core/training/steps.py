"""Many steps in one call, with the images already where they are needed.

`keras.Model.fit` returns to Python after each step, which for a small network costs ten times the step itself.
Here a whole chunk of steps is one compiled program: it cuts its batches out of the images, which stay in place as `uint8`,
and adds up loss and hits, so that Python looks at the result once a chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet
from core.networks.spec import TrainingSpec
from core.training.learner import Learner, Tensor
from core.training.programs import trace_chunk, trace_measure
from core.training.splitting import Positions

MEASURED_AT_ONCE = 500
"""Images measured in one go: enough to be fast, few enough for Stop to be felt and for the memory of a laptop."""


@dataclass(frozen=True)
class Sums:
    """Loss and right answers, added up over `images` images."""

    loss: float = 0.0
    correct: int = 0
    images: int = 0

    def __sub__(self, earlier: Sums) -> Sums:
        return Sums(self.loss - earlier.loss, self.correct - earlier.correct, self.images - earlier.images)

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.loss + other.loss, self.correct + other.correct, self.images + other.images)

    @property
    def mean_loss(self) -> float:
        """Mean over the images; there has to be at least one."""
        return self.loss / self.images

    @property
    def accuracy(self) -> float:
        """Share of right answers, from 0 to 1; there has to be at least one image."""
        return self.correct / self.images


@dataclass(frozen=True)
class _Stretch:
    """Batches of one size, and the program that takes their steps: from step `first` of the epoch on, for `steps` steps."""

    first: int
    steps: int
    batch_size: int
    run: Callable[..., Any]


class CompiledSteps:
    """A learner, and the images of a training set, ready to run chunks of steps.

    Call `begin_epoch` before `run`. The images are in memory twice: as they are, and in the order of the epoch.
    The sums of an epoch are carried from chunk to chunk in the compiled program, so that the result does not depend,
    even in its last digit, on where one chunk ended and the next began.

    The last, smaller batch is padded to full size with images that weigh nothing, unless the network normalises over its batch:
    then the images see one another, and a second program takes that step.

    Not safe for several threads; each training has its own.
    """

    def __init__(self, spec: TrainingSpec, image_set: ImageSet, learner: Learner, training_images: int) -> None:
        import tensorflow as tf

        self._images, self._labels = tf.constant(image_set.x_train), tf.constant(image_set.y_train)
        self._epoch_size = training_images
        # A batch larger than the epoch is the epoch.
        self._batch_size = min(spec.batch_size, training_images)
        self._epoch: list[tuple[Tensor, ...]] = []
        self._rates = np.zeros(self.steps_per_epoch, np.float32)
        self._step = 0
        self._sums = Sums()
        self._stretches = self._trace(spec, image_set, learner)
        self._measure = trace_measure(learner, self._images, self._labels)

    @property
    def images(self) -> tuple[Tensor, Tensor]:
        """All training images and their labels, where TensorFlow has them."""
        return self._images, self._labels

    @property
    def steps_per_epoch(self) -> int:
        """Steps until each training image was used once; the last one may have fewer images than the others."""
        return -(-self._epoch_size // self._batch_size)

    @property
    def steps_left(self) -> int:
        """Steps of the current epoch that were not taken yet."""
        return self.steps_per_epoch - self._step

    def compile(self, order: Positions) -> None:
        """Compile everything now, without taking a step, so that the first chunk and the first look are as fast as the next."""
        self.begin_epoch(order, self._rates)
        for stretch, batches in zip(self._stretches, self._epoch, strict=True):
            self._call(stretch, batches, 0, 0)
        self.measure(order[:MEASURED_AT_ONCE])

    def begin_epoch(self, order: Positions, rates: NDArray[np.float32], images: Images | None = None) -> None:
        """Lay the images out in the order in which the epoch uses them.

        Picking single images out of a large array is slow inside XLA; done here, once an epoch, it saves a seventh of the time.

        Args:
            order: positions in `x_train`, `int32 (training_images,)`.
            rates: the learning rate of each step, `float32 (steps_per_epoch,)`.
            images: what to use in place of the images at those positions, in the same order.
        """
        import tensorflow as tf

        # Let go of the last epoch's copy first: large sets fit in memory twice, but not three times.
        self._epoch = []
        source = self._images if images is None else tf.constant(images)
        positions = order if images is None else np.arange(len(order), dtype=np.int32)
        for stretch in self._stretches:
            shape = (stretch.steps, stretch.batch_size)
            first = stretch.first * self._batch_size
            places, chosen = (np.resize(array[first : first + stretch.steps * stretch.batch_size], shape) for array in (positions, order))
            self._epoch.append((tf.gather(source, places), tf.gather(self._labels, chosen)))
        self._rates = rates
        self._step = 0
        self._sums = Sums()

    def end_epoch(self) -> None:
        """Let go of the images in the order of the epoch, which is as much memory as those of the set."""
        self._epoch = []

    def run(self, steps: int, rate_factor: float = 1.0) -> tuple[int, Sums]:
        """Take the next `steps` steps of the epoch, at its learning rates times `rate_factor`.

        Returns the steps taken now and the sums over the images of the epoch so far. Ends early, with the step
        whose loss is not a number; the sum of the losses is then not finite.
        """
        before = self._step
        for stretch, batches in zip(self._stretches, self._epoch, strict=True):
            wanted = min(before + steps, stretch.first + stretch.steps) - self._step
            if wanted > 0 and np.isfinite(self._sums.loss):
                self._step += self._call(stretch, batches, wanted, rate_factor)
        return self._step - before, self._sums

    def measure(self, positions: Positions) -> Sums:
        """Loss and hits of the network as it is now on these images of `x_train`, up to `MEASURED_AT_ONCE`."""
        import tensorflow as tf

        loss, correct = self._measure(tf.constant(positions))
        return Sums(float(loss), int(correct), len(positions))

    def _trace(self, spec: TrainingSpec, image_set: ImageSet, learner: Learner) -> list[_Stretch]:
        whole, rest = divmod(self._epoch_size, self._batch_size)
        sizes = [(whole, self._batch_size), (1, rest)]
        if not rest or not any(layer.kind == "batch_normalization" for layer in spec.hidden):
            sizes = [(self.steps_per_epoch, self._batch_size)]
        stretches, first = [], 0
        for steps, batch_size in sizes:
            shape = (steps, batch_size, *image_set.image_shape)
            count = min(steps * batch_size, self._epoch_size)
            run = trace_chunk(learner, shape, count, is_xla=not spec.has_convolutions)
            stretches.append(_Stretch(first, steps, batch_size, run))
            first += steps
        return stretches

    def _call(self, stretch: _Stretch, batches: tuple[Tensor, ...], steps: int, rate_factor: float) -> int:
        """Run a program on the batches it was made for, from the current step on. Returns the steps taken."""
        import tensorflow as tf

        last = stretch.first + stretch.steps
        done, loss, correct = stretch.run(
            *batches,
            tf.constant(self._rates[stretch.first : last] * np.float32(rate_factor)),
            tf.constant(self._step - stretch.first),
            tf.constant(steps),
            tf.constant(self._sums.loss, tf.float64),
            tf.constant(self._sums.correct),
        )
        step = self._step + int(done)
        self._sums = Sums(float(loss), int(correct), min(step * self._batch_size, self._epoch_size))
        return int(done)
