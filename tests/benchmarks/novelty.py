"""What a network calls unlike anything it has seen: the share of each kind of picture, by the distance and by the energy.

    python -m tests.benchmarks.novelty [--recipe mnist-128 ...]

The shipped network first, then each recipe, trained here. The threshold of either score is what 95 % of the validation images pass;
the pictures are those of `core.shipped.oddities`, of which no network has seen any. Needs MNIST in a folder of `INKLING_DATASETS`;
clothes are shown where Fashion-MNIST is there as well. A blank drawing is refused before any network is asked; what a network would
say of a blank image is shown all the same.
"""

from __future__ import annotations

import argparse

import numpy as np

from core.compute.reading import choose_familiar
from core.datasets.catalog import Catalog
from core.datasets.image_set import Images, ImageSet
from core.drawing.checks import check_ink
from core.errors import DrawingError
from core.intervals import wilson_interval
from core.networks.recipes import find_recipe
from core.networks.spec import TrainingSpec
from core.predictions.novelty import Familiar, build_familiar
from core.predictions.predictor import Predictor
from core.settings import load_settings
from core.shipped.card import load_card, load_familiar, load_weights
from core.shipped.making import build_oddities, measure_flagged
from core.training.loop import train
from core.training.splitting import split_images


def report(title: str, predictor: Predictor, familiar: Familiar, real: Images, oddities: dict[str, Images]) -> None:
    compared, measured = len(familiar.positions), len(familiar.usual)
    print(f"{title}: compared with {compared:,} training images, the threshold from {measured:,} held back")
    for kind, images in oddities.items():
        row = measure_flagged(predictor, familiar, real, kind, images)
        low, high = wilson_interval(row.by_distance, row.images)
        print(
            f"  {kind:<36} {row.images:>6,}   distance {row.by_distance / row.images:6.1%} ({low:.1%} to {high:.1%})"
            f"   energy {row.by_energy / row.images:6.1%}",
            flush=True,
        )


def report_shipped(image_set: ImageSet, oddities: dict[str, Images]) -> None:
    card = load_card()
    predictor = Predictor(card.spec, card.image_shape, len(card.class_names), card.max_value, load_weights())
    report(card.title, predictor, load_familiar(), image_set.x_train[split_images(card.spec, image_set.y_train).validation], oddities)


def report_recipe(spec: TrainingSpec, image_set: ImageSet, oddities: dict[str, Images]) -> None:
    shape = (image_set.image_shape, image_set.class_count, image_set.max_value)
    predictor = Predictor(spec, *shape, train(spec, image_set, lambda event: None).weights)
    compared, real = choose_familiar(spec, image_set, predictor.hidden(image_set.x_train[:1]).shape[1])
    values = (predictor.hidden(image_set.x_train[positions]) for positions in (compared, real))
    familiar = build_familiar(np.asarray(compared), image_set.y_train[compared], *values)
    report(str(spec.recipe), predictor, familiar, image_set.x_train[real], oddities)


def report_blank() -> None:
    try:
        check_ink(np.zeros((280, 280), np.uint8))
        print("a blank canvas: NOT refused")
    except DrawingError as error:
        print(f"a blank canvas: refused, {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", nargs="*", default=["mnist-128"], help="recipes on MNIST to train and measure besides")
    recipes = parser.parse_args().recipe
    settings = load_settings()
    image_set = Catalog(settings).load("mnist")
    oddities = build_oddities(settings, image_set) | {"a blank image": np.zeros((1, *image_set.image_shape), np.uint8)}
    report_blank()
    report_shipped(image_set, oddities)
    for name in recipes:
        report_recipe(find_recipe(name).spec, image_set, oddities)


if __name__ == "__main__":
    main()
