"""The compiled programs: a chunk of training steps, and a look at images without learning from them.

Dense networks are one XLA program, which halves their time. XLA's own convolutions are many times slower inside a loop
than those of a plain graph, so networks with convolutions run as a graph; there XLA compiles the optimiser's step alone,
whose hundred little operations would cost a tenth of the time.
Without autograph, tracing takes half as long, and nothing here needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.training.learner import Learner, Tensor


def trace_chunk(learner: Learner, batches_shape: tuple[int, ...], image_count: int, *, is_xla: bool) -> Callable[..., Any]:
    """A function that takes some steps, one for each batch, and adds up loss and right answers.

    It is compiled once: the number of steps is an argument, and so are the learning rates. Of the last batch only the part
    that belongs to the first `image_count` images counts; what pads it weighs nothing.

    Args of the function:
        images: `uint8 (batches, batch_size, *image_shape)`, a shape that is `batches_shape`.
        labels: `int32 (batches, batch_size)`.
        rates: `float32 (batches,)`, the learning rate of each step.
        start, steps: `int32`, the first batch to use and how many.
        loss_sum, correct_sum: `float64` and `int32`, what was added up before.

    Returns of the function: the steps taken and the two sums. Ends early, with the step whose loss is not a number.
    """
    import tensorflow as tf

    batch_size = batches_shape[1]
    variables = learner.model.trainable_variables
    learn = learner.step if is_xla else tf.function(learner.step, jit_compile=True, autograph=False)

    def run_chunk(
        images: Tensor, labels: Tensor, rates: Tensor, start: Tensor, steps: Tensor, loss_sum: Tensor, correct_sum: Tensor
    ) -> Any:
        def is_going_on(done: Tensor, loss_sum: Tensor, correct_sum: Tensor) -> Tensor:
            return (done < steps) & tf.math.is_finite(loss_sum)

        def take_step(done: Tensor, loss_sum: Tensor, correct_sum: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            step = start + done
            # `gather` with one position; `slice` would make XLA compile anew for each `start`.
            batch, batch_labels = tf.gather(images, step), tf.gather(labels, step)
            is_real = step * batch_size + tf.range(batch_size) < image_count
            real = tf.reduce_sum(tf.cast(is_real, tf.float32))
            with tf.GradientTape() as tape:
                losses, hits = learner.judge(batch, batch_labels, training=True)
                batch_sum = tf.reduce_sum(tf.where(is_real, losses, 0.0)) + real * learner.penalty()
                batch_mean = batch_sum / real
            learn(tape.gradient(batch_mean, variables), tf.gather(rates, step))
            correct = tf.reduce_sum(tf.cast(hits & is_real, tf.int32))
            return done + 1, loss_sum + tf.cast(batch_sum, tf.float64), correct_sum + correct

        return tf.while_loop(is_going_on, take_step, (0, loss_sum, correct_sum), parallel_iterations=1)

    number, total = tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float64)
    signature = [
        tf.TensorSpec(batches_shape, tf.uint8),
        tf.TensorSpec(batches_shape[:2], tf.int32),
        tf.TensorSpec(batches_shape[:1], tf.float32),
        *(number, number, total, number),
    ]
    function = tf.function(run_chunk, jit_compile=is_xla or None, autograph=False, input_signature=signature)
    traced: Callable[..., Any] = function.get_concrete_function()
    return traced


def trace_measure(learner: Learner, images: Tensor, labels: Tensor) -> Callable[[Tensor], Any]:
    """A function from positions, `int32 (n,)`, to the sums of loss and right answers over those images.

    A plain graph takes any number of images, and no time to compile.
    """
    import tensorflow as tf

    def measure(positions: Tensor) -> tuple[Tensor, Tensor]:
        losses, hits = learner.judge(tf.gather(images, positions), tf.gather(labels, positions), training=False)
        loss_sum = tf.reduce_sum(tf.cast(losses + learner.penalty(), tf.float64))
        return loss_sum, tf.reduce_sum(tf.cast(hits, tf.int32))

    signature = [tf.TensorSpec([None], tf.int32)]
    traced: Callable[[Tensor], Any] = tf.function(measure, autograph=False, input_signature=signature).get_concrete_function()
    return traced


def trace_inspect(learner: Learner, images: Tensor, labels: Tensor) -> tuple[list[Any], Callable[[Tensor, Tensor], Any]]:
    """The layers with a kernel, and a function that looks inside the network without changing it.

    Args of the function:
        examples, batch: positions, `int32 (n,)` each.

    Returns of the function: probabilities of the examples, `float32 (n, class_count)`, and for each layer, `float32 (layers, 4)`:
    root mean square of the gradient over the kernel, of the kernel and of what the layer gives, for the batch, and the share
    of its units that give 0 for all of it. Dropout is off and batch normalisation goes by its averages, as in a prediction.
    """
    import keras
    import tensorflow as tf

    layers = [layer for layer in learner.model.layers if hasattr(layer, "kernel")]
    revealing = keras.Model(learner.model.inputs, {layer.name: layer.output for layer in layers})

    def size(values: Tensor) -> Tensor:
        return tf.sqrt(tf.reduce_mean(tf.square(values)))

    def silent(values: Tensor) -> Tensor:
        is_zero = tf.reduce_all(tf.equal(values, 0.0), axis=list(range(len(values.shape) - 1)))
        return tf.reduce_mean(tf.cast(is_zero, tf.float32))

    def inspect(examples: Tensor, batch: Tensor) -> tuple[Tensor, Tensor]:
        kernels = [tf.convert_to_tensor(layer.kernel) for layer in layers]
        with tf.GradientTape() as tape:
            revealed = revealing(tf.gather(images, batch), training=False)
            outputs = [revealed[layer.name] for layer in layers]
            loss = tf.reduce_mean(learner.losses(tf.gather(labels, batch), outputs[-1])) + learner.penalty()
        gradients = tape.gradient(loss, [layer.kernel for layer in layers])
        health = [
            tf.stack([size(gradient), size(kernel), size(values), silent(values)])
            for gradient, kernel, values in zip(gradients, kernels, outputs, strict=True)
        ]
        return learner.model(tf.gather(images, examples), training=False), tf.stack(health)

    signature = [tf.TensorSpec([None], tf.int32)] * 2
    traced: Callable[[Tensor, Tensor], Any] = tf.function(inspect, autograph=False, input_signature=signature).get_concrete_function()
    return layers, traced
