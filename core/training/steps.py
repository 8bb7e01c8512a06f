"""The compiled part of training: many steps in one call, with the images already where they are needed.

`keras.Model.fit` returns to Python after each step, which for a small network costs ten times the step itself.
Here a whole chunk of steps is one XLA program: it cuts its batches out of the images, which stay in place as `uint8`,
and adds up loss and hits, so that Python looks at the result once a chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.networks.building import KerasModel, build_network, build_optimiser
from core.networks.optimisers import KerasOptimiser
from core.networks.spec import TrainingSpec
from core.training.splitting import Positions

Tensor = Any

MEASURED_AT_ONCE = 500
"""Images measured in one go: enough to be fast, few enough for Stop to be felt and for the memory of a laptop."""


@dataclass(frozen=True)
class Sums:
    """Loss in nats and right answers, added up over `images` images."""

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


class CompiledSteps:
    """A network with its optimiser, and the images of a training set, ready to run chunks of steps.

    Call `begin_epoch` before `run`. The images are in memory twice: as they are, and in the order of the epoch.
    The sums of an epoch are carried from chunk to chunk in the compiled program, so that the result does not depend,
    even in its last digit, on where one chunk ended and the next began.

    Not safe for several threads; each training has its own.
    """

    def __init__(self, spec: TrainingSpec, image_set: ImageSet, training_images: int) -> None:
        import tensorflow as tf

        self.model: KerasModel = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
        # Kept here because a compiled function does not keep the variables it uses. They have to exist before it is traced.
        self._optimiser = build_optimiser(spec)
        self._optimiser.build(self.model.trainable_variables)
        self._images, self._labels = tf.constant(image_set.x_train), tf.constant(image_set.y_train)
        self._epoch: tuple[Tensor, ...] = ()
        self._epoch_size = training_images
        # A batch larger than the epoch is the epoch.
        self._batch_size = min(spec.batch_size, training_images)
        batches_shape = (self.steps_per_epoch, self._batch_size, *image_set.image_shape)
        self._run = _trace_chunk(self.model, self._optimiser, batches_shape, training_images)
        self._measure = _trace_measure(self.model, self._images, self._labels)

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
        self.begin_epoch(order)
        self.run(0)
        self.measure(order[:MEASURED_AT_ONCE])

    def begin_epoch(self, order: Positions) -> None:
        """Lay the images out in the order in which the epoch uses them: positions in `x_train`, `int32 (training_images,)`.

        Picking single images out of a large array is slow inside XLA; done here, once an epoch, it saves a seventh of the time.
        """
        import tensorflow as tf

        # Let go of the last epoch's copy first: large sets fit in memory twice, but not three times.
        self._epoch = ()
        batches = np.resize(order, (self.steps_per_epoch, self._batch_size))
        self._epoch = (tf.gather(self._images, batches), tf.gather(self._labels, batches))
        self._step = 0
        self._sums = Sums()

    def run(self, steps: int) -> tuple[int, Sums]:
        """Take the next `steps` steps of the epoch.

        Returns the steps taken now and the sums over the images of the epoch so far. Ends early, with the step
        whose loss is not a number; the sum of the losses is then not finite.
        """
        import tensorflow as tf

        done, loss, correct = self._run(
            *self._epoch,
            tf.constant(self._step),
            tf.constant(steps),
            tf.constant(self._sums.loss, tf.float64),
            tf.constant(self._sums.correct),
        )
        taken = int(done)
        self._step += taken
        self._sums = Sums(float(loss), int(correct), min(self._step * self._batch_size, self._epoch_size))
        return taken, self._sums

    def measure(self, positions: Positions) -> Sums:
        """Loss and hits of the network as it is now on these images of `x_train`, up to `MEASURED_AT_ONCE`."""
        import tensorflow as tf

        loss, correct = self._measure(tf.constant(positions))
        return Sums(float(loss), int(correct), len(positions))

    def weights(self) -> list[NDArray[np.float32]]:
        """A copy of the weights, kernel and bias of each layer in turn."""
        return list(self.model.get_weights())


def _trace_chunk(model: KerasModel, optimiser: KerasOptimiser, batches_shape: tuple[int, ...], epoch_size: int) -> Callable[..., Any]:
    """The function behind `CompiledSteps.run`. It is compiled once: the number of steps is an argument, and the last,
    smaller batch is padded to full size with images that weigh nothing.

    XLA halves the time of dense networks. Without autograph, tracing takes half as long, and nothing here needs it.
    """
    import tensorflow as tf

    batch_size = batches_shape[1]

    def run_chunk(images: Tensor, labels: Tensor, start: Tensor, steps: Tensor, loss_sum: Tensor, correct_sum: Tensor) -> Any:
        def is_going_on(done: Tensor, loss_sum: Tensor, correct_sum: Tensor) -> Tensor:
            return (done < steps) & tf.math.is_finite(loss_sum)

        def take_step(done: Tensor, loss_sum: Tensor, correct_sum: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            # `gather` with one position; `slice` would make XLA compile anew for each `start`.
            batch, batch_labels = tf.gather(images, start + done), tf.gather(labels, start + done)
            is_real = (start + done) * batch_size + tf.range(batch_size) < epoch_size
            with tf.GradientTape() as tape:
                losses, hits = _losses_and_hits(model, batch, batch_labels, training=True)
                batch_sum = tf.reduce_sum(tf.where(is_real, losses, 0.0))
                batch_mean = batch_sum / tf.reduce_sum(tf.cast(is_real, tf.float32))
            optimiser.apply(tape.gradient(batch_mean, model.trainable_variables), model.trainable_variables)
            correct = tf.reduce_sum(tf.cast(hits & is_real, tf.int32))
            return done + 1, loss_sum + tf.cast(batch_sum, tf.float64), correct_sum + correct

        return tf.while_loop(is_going_on, take_step, (0, loss_sum, correct_sum))

    number, total = tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float64)
    signature = [tf.TensorSpec(batches_shape, tf.uint8), tf.TensorSpec(batches_shape[:2], tf.int32), number, number, total, number]
    traced: Callable[..., Any] = tf.function(
        run_chunk, jit_compile=True, autograph=False, input_signature=signature
    ).get_concrete_function()
    return traced


def _trace_measure(model: KerasModel, images: Tensor, labels: Tensor) -> Callable[[Tensor], Any]:
    """The function behind `CompiledSteps.measure`. A plain graph takes any number of images, and no time to compile."""
    import tensorflow as tf

    def measure(positions: Tensor) -> tuple[Tensor, Tensor]:
        losses, hits = _losses_and_hits(model, tf.gather(images, positions), tf.gather(labels, positions), training=False)
        return tf.reduce_sum(tf.cast(losses, tf.float64)), tf.reduce_sum(tf.cast(hits, tf.int32))

    signature = [tf.TensorSpec([None], tf.int32)]
    traced: Callable[[Tensor], Any] = tf.function(measure, autograph=False, input_signature=signature).get_concrete_function()
    return traced


def _losses_and_hits(model: KerasModel, images: Tensor, labels: Tensor, *, training: bool) -> tuple[Tensor, Tensor]:
    """The loss of each image, `float32 (n,)`, and whether its most probable class is the right one, `bool (n,)`."""
    import keras
    import tensorflow as tf

    probabilities = model(images, training=training)
    # Inside a compiled function Keras finds the softmax and computes the loss from what went into it, without rounding to 0.
    losses = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
    return losses, tf.equal(tf.argmax(probabilities, axis=-1, output_type=tf.int32), labels)
