"""How long maps take: `python -m tests.benchmarks.maps`.

Starts a real engine on an empty home. MNIST and CIFAR-10 are measured where they are at hand (`INKLING_DATASETS`, or
`../shared/datasets` beside the repository).
"""

from __future__ import annotations

import time

from core.compute.jobs import JobProgress, JobState
from core.compute.lanes import Lane
from core.compute.maps import map_pixels
from core.compute.service import EngineState
from core.datasets.image_set import ImageSet, Split
from core.datasets.projection import MapSettings, Method, choose_images, estimate_seconds
from core.errors import InklingError
from pages.components.scatter import pack_atlas
from tests.benchmarks.engine_latency import Lab, open_lab, seconds_until, show, timed

PCA_LIMIT, TSNE_LIMIT = 3.0, 60.0
CANCEL_AFTER = 3.0


def start(lab: Lab, image_set: ImageSet, settings: MapSettings) -> str:
    key = f"map-pixels-{image_set.sha256}-{settings.key}"
    lane = Lane.STUDY if settings.method == Method.PCA else Lane.JOB
    lab.service.start_job(key, map_pixels, image_set, Split.TRAINING, settings, lane=lane)
    return key


def make(lab: Lab, image_set: ImageSet, settings: MapSettings) -> float:
    """Seconds until the map is here."""
    began = time.perf_counter()
    progress = lab.service.wait_for_job(start(lab, image_set, settings), 600)
    check(progress, JobState.FINISHED)
    return time.perf_counter() - began


def check(progress: JobProgress | None, state: JobState) -> None:
    if progress is None or progress.state != state:
        raise RuntimeError(f"the job ended as {progress}; expected {state}")


def cancel(lab: Lab, image_set: ImageSet, settings: MapSettings) -> tuple[float, float]:
    """Seconds until the service says so, and until the worker is free for the next job."""
    key = start(lab, image_set, settings)
    time.sleep(CANCEL_AFTER)
    began = time.perf_counter()
    lab.service.cancel_job(key)
    check(lab.service.job(key), JobState.CANCELLED)
    told = time.perf_counter() - began
    # The next on the same lane waits until the worker has really stopped.
    make(lab, image_set, MapSettings(count=500, seed=settings.seed, method=Method.TSNE))
    alone = make(lab, image_set, MapSettings(count=500, seed=settings.seed + 1, method=Method.TSNE))
    return told, max(time.perf_counter() - began - 2 * alone, 0.0)


def measure(lab: Lab, name: str) -> None:
    image_set = lab.load(name)
    show(f"{name}: PCA of 10,000, data not yet sent", [make(lab, image_set, MapSettings(10_000))], PCA_LIMIT)
    show(
        f"{name}: PCA of 10,000, again with other seeds", [make(lab, image_set, MapSettings(10_000, seed)) for seed in (2, 3, 4)], PCA_LIMIT
    )
    for count, limit in ((1_000, None), (2_500, None), (5_000, TSNE_LIMIT), (10_000, None)):
        settings = MapSettings(count, method=Method.TSNE)
        show(f"{name}: t-SNE of {count:,}", [make(lab, image_set, settings)], limit)
        print(f"{'':<62} estimated {estimate_seconds(settings, 2):.0f} s on two cores")
    told, stopped = cancel(lab, image_set, MapSettings(5_000, seed=9, method=Method.TSNE))
    show(f"{name}: Cancel of t-SNE of 5,000, until it is told", [told], None)
    show(f"{name}: Cancel of t-SNE of 5,000, until the worker is free", [stopped], None)
    images = image_set.x_train[choose_images(image_set.y_train, 10_000, 1)]
    show(f"{name}: packing 10,000 images for the browser", [timed(lambda: pack_atlas("", images, image_set.max_value))], None)
    print(f"{name}: they take {len(pack_atlas('', images, image_set.max_value)) / 1e6:.1f} MB")


def main() -> None:
    with open_lab() as lab:
        lab.service.start()
        seconds_until(lambda: lab.service.status().state == EngineState.READY)
        for name in ("mnist", "cifar10"):
            try:
                lab.load(name)
            except InklingError as error:
                print(f"{name} left out: {error}")
                continue
            measure(lab, name)


if __name__ == "__main__":
    main()
