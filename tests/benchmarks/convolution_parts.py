"""Where the time of a step goes in a network of convolutions: `INKLING_DATASETS=folder python -m tests.benchmarks.convolution_parts`.

Each convolution of the recipe `mnist-cnn` and each of its gradients is timed alone, on a batch of its own shape, and then a whole step
of the loop. What the convolutions take is what no loop can save: `keras.Model.fit` calls the same kind of kernels.
Of several rounds the quickest counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from core.datasets.catalog import Catalog
from core.networks.plan import plan_layers
from core.networks.recipes import RECIPES, find_recipe
from core.settings import load_settings
from core.training.learner import Learner
from core.training.steps import CompiledSteps

CALLS, ROUNDS = 20, 5


def milliseconds(action: Callable[[], Any], calls: int = CALLS) -> float:
    """Of one call; the quickest of several rounds."""
    action()
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(calls):
            action()
        rounds.append((time.perf_counter() - began) / calls * 1000)
    return min(rounds)


def time_convolutions(recipe: str, image_shape: tuple[int, ...], class_count: int) -> float:
    """Print each convolution's parts, and return their sum in milliseconds. The call of a compiled function is taken off."""
    import tensorflow as tf

    spec = RECIPES[recipe].spec
    call = milliseconds(_compiled(lambda one: one + 1, tf.zeros(1)))
    total = 0.0
    is_first = True
    for step in plan_layers(spec, image_shape, class_count):
        if step.kind != "conv2d" or step.layer is None:
            continue
        values = tf.random.normal((spec.batch_size, *step.input_shape))
        kernel = tf.random.normal((step.layer.kernel, step.layer.kernel, step.input_shape[-1], step.output_shape[-1]))
        slope = tf.random.normal((spec.batch_size, *step.output_shape))
        options = {"strides": [1, step.layer.stride, step.layer.stride, 1], "padding": step.layer.padding.upper()}
        parts = {
            "forward": (tf.nn.conv2d, {"input": values, "filters": kernel}),
            "slope of the weights": (
                tf.raw_ops.Conv2DBackpropFilter,
                {"input": values, "filter_sizes": kernel.shape, "out_backprop": slope},
            ),
        }
        if not is_first:
            sizes = {"input_sizes": values.shape, "filter": kernel, "out_backprop": slope}
            parts["slope of the input"] = (tf.raw_ops.Conv2DBackpropInput, sizes)
        is_first = False
        for part, (operation, arguments) in parts.items():
            took = milliseconds(_compiled(partial(operation, **arguments, **options))) - call
            total += took
            print(f"| {step.name}, {part} | {took:.2f} |", flush=True)
    return total


def time_step(recipe: str, images: int) -> float:
    """Milliseconds of one step in the compiled loop."""
    spec = RECIPES[recipe].spec
    image_set = Catalog(load_settings()).load(spec.dataset)
    order = np.arange(images, dtype=np.int32)
    steps = CompiledSteps(spec, image_set, Learner(spec, image_set, order), images)

    def epoch() -> None:
        steps.begin_epoch(order, np.full(steps.steps_per_epoch, 1e-6, np.float32))
        steps.run(steps.steps_per_epoch)

    return milliseconds(epoch, calls=1) / steps.steps_per_epoch


def _compiled(operation: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    import tensorflow as tf

    function = tf.function(operation, autograph=False)
    return lambda: function(*arguments)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="mnist-cnn", help="a recipe with convolutions (default: mnist-cnn)")
    parser.add_argument("--images", type=int, default=6_400, help="images of the epoch that is timed (default: 6,400)")
    options = parser.parse_args()
    spec = find_recipe(options.recipe).spec
    image_set = Catalog(load_settings()).load(spec.dataset)
    print(f"| {options.recipe}, batches of {spec.batch_size} | milliseconds |\n| --- | --- |")
    alone = time_convolutions(options.recipe, image_set.image_shape, image_set.class_count)
    step = time_step(options.recipe, options.images)
    print(f"| all convolutions | {alone:.2f} |\n| a step of the loop | {step:.2f} |\n| convolutions' share | {alone / step:.0%} |")


if __name__ == "__main__":
    main()
