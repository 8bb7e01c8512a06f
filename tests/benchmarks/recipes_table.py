"""Every recipe against the accuracy that its tutorial publishes.

    INKLING_DATASETS=folder python -m tests.benchmarks.recipes_table [--recipe NAME ...]

Each recipe is trained once with its own settings, seed included, and scored on all test images.
The ledger counts that.
It passes if its accuracy is at or above the published one less that one's 95 % Wilson interval, for as many test images.
"""

from __future__ import annotations

import argparse

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.intervals import wilson_interval
from core.networks.recipes import RECIPES, Recipe
from core.networks.spec import TrainingSpec
from core.predictions.predictor import Predictor
from core.predictions.scores import Scores, score
from core.runs.ledger import Ledger
from core.settings import load_settings
from core.training.events import EpochEnded, TrainingEvent
from core.training.loop import TrainingOutcome, train


def train_and_score(spec: TrainingSpec, image_set: ImageSet) -> tuple[TrainingOutcome, EpochEnded, Scores]:
    """The outcome, the last epoch and the scores on the test images."""
    events: list[TrainingEvent] = []
    outcome = train(spec, image_set, events.append)
    last = [event for event in events if isinstance(event, EpochEnded)][-1]
    predictor = Predictor(spec, image_set.image_shape, image_set.class_count, image_set.max_value, outcome.weights)
    return outcome, last, score(predictor.probabilities(image_set.x_test), image_set.y_test)


def judge(recipe: Recipe, scores: Scores) -> str:
    """Whether the recipe does what its tutorial says."""
    if recipe.published_accuracy is None:
        return "nothing published"
    images = len(scores.labels)
    least, _ = wilson_interval(round(recipe.published_accuracy * images), images)
    return f"at least {least:.2%}: " + ("reached" if scores.accuracy >= least else "MISSED")


def describe(name: str, recipe: Recipe, image_set: ImageSet, ledger: Ledger) -> str:
    """One line of the table."""
    ledger.open_test(image_set.sha256, f"benchmark of {name}")
    outcome, last, scores = train_and_score(recipe.spec, image_set)
    low, high = scores.accuracy_interval
    published = f"{recipe.published_accuracy:.2%}" if recipe.published_accuracy else "-"
    validation = f"{last.validation_accuracy:.2%}" if last.validation_accuracy is not None else "-"
    return (
        f"| {name} | {published} | {scores.accuracy:.2%} ({low:.2%} to {high:.2%}) | {last.accuracy:.2%} | {validation}"
        f" | {outcome.seconds:.1f} | {outcome.images_per_second:,.0f} | {judge(recipe, scores)} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="only this one; may be given several times")
    names = parser.parse_args().recipe or list(RECIPES)
    settings = load_settings()
    catalog, ledger = Catalog(settings), Ledger(settings.home)
    print("| recipe | published | test accuracy (95 % interval) | training | validation | seconds | images/s | verdict |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        try:
            print(describe(name, RECIPES[name], catalog.load(RECIPES[name].spec.dataset), ledger), flush=True)
        except DatasetError as error:
            print(f"| {name} | skipped: {error} |")


if __name__ == "__main__":
    main()
