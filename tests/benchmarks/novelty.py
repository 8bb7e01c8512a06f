"""What a network calls unlike anything it has seen: the share of each kind of picture, by Inkling's score and by the energy.

    python -m tests.benchmarks.novelty [--recipe mnist-128 ...] [--powers]

The shipped network first, then each recipe, trained here. With `--powers` also how the share of signs (letters of other alphabets, signs
of mathematics, punctuation) changes with the power of the strength by which a distance is multiplied: these are in no other table, and
the power was chosen by them. The threshold of either score is what 95 % of the validation images pass;
the pictures are those of `core.shipped.oddities`, of which no network has seen any.
For the digits, printed and written, it is told as well how many are read right. Needs MNIST in a folder of `INKLING_DATASETS`;
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
from core.predictions.novelty import PASSED, Familiar, build_familiar, measure_novelty, weigh
from core.predictions.predictor import Predictor
from core.settings import load_settings
from core.shipped.card import load_card, load_familiar, load_weights
from core.shipped.making import build_oddities, build_printed, count_novel, measure_flagged, prepare_inks
from core.shipped.oddities import draw_letters
from core.training.loop import train
from core.training.splitting import split_images

POWERS = (0.0, 0.2, 1 / 3, 0.5, 1.0)
SIGNS = "αβγδεζηθλμξπρστφχψωΓΔΘΛΞΠΣΦΨΩбгджийлфцчшщъыьэюяБГДЖИЙЛФЦЧШЩЪЫЬЭЮЯ#$%&@?!+=*<>{}~§¶±×÷√∑∫∂≠≤≥←↑→↓"
SIGN_FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono")
"""Fonts that have all these signs."""


def report_powers(predictor: Predictor, familiar: Familiar, real: Images, signs: Images) -> None:
    shares = []
    found = [(measure_novelty(familiar, values).distances[:, 0], values) for values in map(predictor.hidden, (real, signs))]
    for power in POWERS:
        usual, strange = (weigh(distances, values, familiar.strength, power) for distances, values in found)
        shares.append(f"{power:.2f}: {(strange > np.quantile(usual, PASSED)).mean():.1%}")
    print(f"  signs, {len(signs):,}, by the power of the strength   {'   '.join(shares)}", flush=True)


def report(title: str, predictor: Predictor, familiar: Familiar, real: Images, oddities: dict[str, Images], signs: Images | None) -> None:
    compared, measured = len(familiar.positions), len(familiar.usual)
    print(f"{title}: compared with {compared:,} training images, the threshold from {measured:,} held back")
    for kind, images in oddities.items():
        row = measure_flagged(predictor, familiar, real, kind, images)
        low, high = wilson_interval(row.by_score, row.images)
        print(
            f"  {kind:<36} {row.images:>6,}   score {row.by_score / row.images:6.1%} ({low:.1%} to {high:.1%})"
            f"   energy {row.by_energy / row.images:6.1%}",
            flush=True,
        )
    if signs is not None:
        report_powers(predictor, familiar, real, signs)


def report_digits(predictor: Predictor, familiar: Familiar, image_set: ImageSet) -> None:
    """How many digits are read right, printed and written, and how many of the mistakes are called novel."""
    for kind, (images, digits) in {"printed": build_printed(image_set), "test": (image_set.x_test, image_set.y_test)}.items():
        is_right = predictor.probabilities(images).argmax(axis=1) == digits
        refused, doubted = count_novel(predictor, familiar, images), count_novel(predictor, familiar, images[~is_right])
        print(
            f"  {kind} digits: {is_right.sum():,} of {len(digits):,} read right, {refused:,} called novel;"
            f" of the {(~is_right).sum():,} read wrong {doubted:,} are",
            flush=True,
        )


def report_shipped(image_set: ImageSet, oddities: dict[str, Images], signs: Images | None) -> None:
    card = load_card()
    predictor = Predictor(card.spec, card.image_shape, len(card.class_names), card.max_value, load_weights())
    real = image_set.x_train[split_images(card.spec, image_set.y_train).validation]
    report(card.title, predictor, load_familiar(), real, oddities, signs)
    report_digits(predictor, load_familiar(), image_set)


def report_recipe(spec: TrainingSpec, image_set: ImageSet, oddities: dict[str, Images], signs: Images | None) -> None:
    shape = (image_set.image_shape, image_set.class_count, image_set.max_value)
    predictor = Predictor(spec, *shape, train(spec, image_set, lambda event: None).weights)
    compared, real, _ = choose_familiar(spec, image_set, predictor.hidden(image_set.x_train[:1]).shape[1])
    values = (predictor.hidden(image_set.x_train[positions]) for positions in (compared, real))
    familiar = build_familiar(np.asarray(compared), image_set.y_train[compared], *values)
    report(str(spec.recipe), predictor, familiar, image_set.x_train[real], oddities, signs)
    report_digits(predictor, familiar, image_set)


def report_blank() -> None:
    try:
        check_ink(np.zeros((280, 280), np.uint8))
        print("a blank canvas: NOT refused")
    except DrawingError as error:
        print(f"a blank canvas: refused, {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", nargs="*", default=["mnist-128"], help="recipes on MNIST to train and measure besides")
    parser.add_argument("--powers", action="store_true", help="also how the power of the strength was chosen")
    arguments = parser.parse_args()
    settings = load_settings()
    image_set = Catalog(settings).load("mnist")
    oddities = build_oddities(settings, image_set) | {"a blank image": np.zeros((1, *image_set.image_shape), np.uint8)}
    signs = prepare_inks(draw_letters(SIGNS, SIGN_FONTS), image_set) if arguments.powers else None
    report_blank()
    report_shipped(image_set, oddities, signs)
    for name in arguments.recipe:
        report_recipe(find_recipe(name).spec, image_set, oddities, signs)


if __name__ == "__main__":
    main()
