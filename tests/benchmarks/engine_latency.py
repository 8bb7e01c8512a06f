"""How quickly the engine reacts: `python tests/benchmarks/engine_latency.py`.

Starts an engine on an empty home and prints one line for each figure. `mnist-128` is measured where MNIST is at hand
(`INKLING_DATASETS`, or `../shared/datasets` beside the repository).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from core.compute.service import ComputeService, EngineState  # noqa: E402
from core.datasets.catalog import Catalog  # noqa: E402
from core.datasets.image_set import ImageSet  # noqa: E402
from core.errors import InklingError  # noqa: E402
from core.networks.layers import DenseLayer  # noqa: E402
from core.networks.recipes import RECIPES  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.settings import load_settings  # noqa: E402

REPEATS = 5


@dataclass
class Lab:
    service: ComputeService
    store: RunStore
    load: Callable[[str], ImageSet]


@contextmanager
def open_lab() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings()
        shared = ROOT.parent / "shared" / "datasets"
        settings = replace(settings, home=Path(folder), dataset_folders=(*settings.dataset_folders, shared))
        store = RunStore(settings.home)
        load = cache(Catalog(settings).load)
        service = ComputeService(settings, store, load)
        yield Lab(service, store, load)
        service.close()
        store.close()


def seconds_until(condition: Callable[[], object]) -> float:
    began = time.perf_counter()
    while not condition():
        time.sleep(0.001)
    return time.perf_counter() - began


def measure_start(lab: Lab) -> None:
    began = time.perf_counter()
    lab.service.start()
    show("start returns", [time.perf_counter() - began], 1.0)
    up = seconds_until(lambda: lab.service._supervisor.cluster() is not None)
    show("engine up, runs are taken", [up], None)
    show("TensorFlow loaded and warm", [up + seconds_until(lambda: lab.service.status().state == EngineState.READY)], None)


def measure_training(lab: Lab, recipe: str) -> str:
    """Train, look for the first point, stop, look for the weights. Returns the last run."""
    spec = RECIPES[recipe].spec.model_copy(update={"epochs": 500})
    lab.load(spec.dataset)
    first_points, stops = [], []
    for number in range(REPEATS):
        # Another layer each time, so that the network has to be compiled, as it has to be for a user who tries things.
        other = spec.model_copy(update={"hidden": (*spec.hidden, DenseLayer(units=10 + number))})
        began = time.perf_counter()
        run_id = lab.service.submit(other)
        seconds_until(lambda: lab.store.history(run_id).steps)  # noqa: B023 - called before the next round
        first_points.append(time.perf_counter() - began)
        time.sleep(0.5)
        began = time.perf_counter()
        lab.service.stop(run_id)
        seconds_until(lambda: has_final_weights(lab, run_id))  # noqa: B023
        stops.append(time.perf_counter() - began)
        seconds_until(lambda: lab.store.load(run_id).state.is_final)  # noqa: B023
    show(f"{recipe}: Train pressed to first point, data not yet sent", first_points[:1], 1.5)
    show(f"{recipe}: Train pressed to first point", first_points[1:], 1.5)
    show(f"{recipe}: Stop pressed to usable weights", stops, 0.5)
    return run_id


def measure_answers(lab: Lab, run_id: str) -> None:
    image_set = lab.load(lab.store.load(run_id).spec.dataset)
    one = image_set.x_test[:1]
    show(f"{image_set.name}: first prediction, network sent", [timed(lambda: lab.service.predict(run_id, one))], None)
    show(f"{image_set.name}: prediction of one image", [timed(lambda: lab.service.predict(run_id, one)) for _ in range(50)], None)


def has_final_weights(lab: Lab, run_id: str) -> bool:
    return lab.store.load(run_id).has_weights and lab.store.latest_weights_path(run_id).name == "final.npz"


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def show(what: str, seconds: list[float], required: float | None) -> None:
    limit = "" if required is None else f"   required under {required:g} s: {'yes' if max(seconds) < required else 'NO'}"
    print(f"{what:<62} median {statistics.median(seconds):7.3f} s   worst {max(seconds):7.3f} s{limit}", flush=True)


def main() -> None:
    with open_lab() as lab:
        measure_start(lab)
        for recipe in ("digits-64", "mnist-128"):
            try:
                lab.load(RECIPES[recipe].spec.dataset)
            except InklingError as error:
                print(f"{recipe} left out: {error}")
                continue
            measure_answers(lab, measure_training(lab, recipe))


if __name__ == "__main__":
    main()
