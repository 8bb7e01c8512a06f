"""How long it takes to say why: `python -m tests.benchmarks.evidence [--images N]`.

Trains a Dense and a convolutional network for a moment in a real engine on an empty home, then asks it as the pages do: for the
evidence map of one image after the other, for its check by covering, and for the smallest patch that changes the answer.
Also says how far the maps add up to what they ought to. Measured where MNIST is at hand
(`INKLING_DATASETS`, or `../shared/datasets` beside the repository).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from core.compute.lanes import Lane
from core.compute.patches import find_patch, patch_key
from core.compute.service import EngineState
from core.datasets.image_set import Images
from core.errors import InklingError
from core.networks.recipes import RECIPES
from core.predictions.evidence import explain, occlude
from tests.benchmarks.engine_latency import Lab, open_lab, seconds_until, timed

LIMIT = 0.3
TRAINED_ON = 6_000
PATCHES = 10
"""Images whose smallest patch is searched for: a search takes longer than a map."""


def train(lab: Lab, recipe: str) -> str:
    run_id = lab.service.submit(RECIPES[recipe].spec.model_copy(update={"recipe": None, "epochs": 1, "training_images": TRAINED_ON}))
    seconds_until(lambda: lab.store.load(run_id).state.is_final)
    return run_id


def measure(lab: Lab, recipe: str, count: int) -> None:
    run_id, images = train(lab, recipe), lab.load(RECIPES[recipe].spec.dataset).x_test[:count]
    best = np.argsort(-lab.service.predict(run_id, images), axis=1)[:, :2].tolist()
    asked = list(zip(images, best, strict=True))
    maps = []

    def ask(image: Images, classes: list[int], random_weights: bool) -> None:
        maps.append(lab.service.consult(run_id, explain, image, *classes, random_weights))

    def check(image: Images, classes: list[int], evidence: np.ndarray) -> None:
        lab.service.consult(run_id, occlude, image, evidence, *classes, lane=Lane.STUDY)

    for random_weights, name in ((False, "evidence"), (True, "evidence, random weights")):
        show_first(f"{recipe}: {name}, first time", lambda: ask(*asked[0], random_weights))  # noqa: B023 - called at once
        show(f"{recipe}: {name}", [timed(lambda: ask(*one, random_weights)) for one in asked], LIMIT)  # noqa: B023
    show_errors(recipe, maps[1 : count + 1])
    found = [one["evidence"] for one in maps[1 : count + 1]]
    show(f"{recipe}: check by covering", [timed(lambda: check(*one, map_)) for one, map_ in zip(asked, found, strict=True)], None)  # noqa: B023
    show(f"{recipe}: smallest patch", [timed(lambda: search(lab, run_id, image)) for image in images[:PATCHES]], None)  # noqa: B023


def search(lab: Lab, run_id: str, image: Images) -> None:
    key, source = lab.service.model_source(run_id)
    job = patch_key(key, image)
    lab.service.start_job(job, find_patch, key, source, image, 255, lane=Lane.STUDY)
    lab.service.wait_for_job(job, 600)


def show_first(what: str, action: Callable[[], None]) -> None:
    print(f"{what:<46} {timed(action):7.3f} s", flush=True)


def show(what: str, seconds: list[float], required: float | None) -> None:
    median, late = np.percentile(seconds, [50, 95])
    limit = "" if required is None else f"   required under {required:g} s: {'yes' if late < required else 'NO'}"
    print(f"{what:<46} median {median:7.3f} s   95th percentile {late:7.3f} s{limit}", flush=True)


def show_errors(recipe: str, maps: list[dict[str, np.ndarray]]) -> None:
    """By how much the pixels of a map miss what they ought to add up to."""
    errors = [abs(float(one["completeness"])) for one in maps]
    wanted = [abs(float(one["difference"] - one["baseline_difference"])) for one in maps]
    print(
        f"{recipe}: all pixels miss their sum by {np.median(errors):.3f} of {np.median(wanted):.2f} (medians), by {max(errors):.3f} at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50, help="test images to explain (default: 50)")
    count = parser.parse_args().images
    with open_lab() as lab:
        lab.service.start()
        seconds_until(lambda: lab.service.status().state == EngineState.READY)
        for recipe in ("mnist-128", "mnist-cnn"):
            try:
                measure(lab, recipe, count)
            except InklingError as error:
                print(f"{recipe} left out: {error}")


if __name__ == "__main__":
    main()
