"""What of a validation accuracy is the network's, what that of the images which were drawn for it, and what the luck of the best.

    python -m tests.benchmarks.seeds [--runs N] [--recipe NAME]

One recipe is trained with so many seeds, once with the same validation images for all, and once with others for each, as when one seed
drew everything. Printed are the spread of the validation accuracies, the best of them with its test accuracy, and the luck of the best:
what Inkling tells, and by how much the best is ahead of the mean of all, which differ in nothing but their seeds.
The test accuracies choose nothing.
"""

from __future__ import annotations

import argparse
from statistics import mean, stdev

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.predictions.looks import describe_validation_looks
from core.predictions.predictor import Predictor
from core.predictions.scores import score
from core.settings import load_settings
from core.training.loop import train
from core.training.splitting import split_images


def measure(spec: TrainingSpec, image_set: ImageSet) -> tuple[float, float, int]:
    """Validation and test accuracy of a training, and how many validation images there are."""
    weights = train(spec, image_set, lambda event: None).weights
    predictor = Predictor(spec, image_set.image_shape, image_set.class_count, image_set.max_value, weights)
    held_back = split_images(spec, image_set.y_train).validation
    pairs = ((image_set.x_train[held_back], image_set.y_train[held_back]), (image_set.x_test, image_set.y_test))
    validation, test = (score(predictor.probabilities(images), labels).accuracy for images, labels in pairs)
    return validation, test, len(held_back)


def describe(title: str, measured: list[tuple[float, float, int]]) -> str:
    """One line of the table, and the sentence that a page shows."""
    validation, test = ([one[place] for one in measured] for place in (0, 1))
    best = max(range(len(measured)), key=validation.__getitem__)
    line = (
        f"| {title} | {stdev(validation) * 100:.2f} | {mean(validation):.2%} | {validation[best]:.2%} | {test[best]:.2%} | {mean(test):.2%}"
        f" | {(validation[best] - mean(validation)) * 100:.1f} |"
    )
    return f"{line}\n{describe_validation_looks(validation, measured[0][2])}\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--recipe", choices=RECIPES, default="digits-64")
    arguments = parser.parse_args()
    spec = RECIPES[arguments.recipe].spec
    image_set = Catalog(load_settings()).load(spec.dataset)
    print("| validation images | spread (points) | mean | best | its test accuracy | mean test accuracy | best over mean (points) |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for title, moves in (("the same for all", False), ("others for each", True)):
        seeds = range(1, arguments.runs + 1)
        changes = [{"seed": seed, **({"split_seed": seed} if moves else {})} for seed in seeds]
        print(describe(title, [measure(spec.model_copy(update=change), image_set) for change in changes]), flush=True)


if __name__ == "__main__":
    main()
