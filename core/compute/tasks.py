"""What runs inside a worker: a training, and answers from trained networks."""

from __future__ import annotations

import asyncio
import math
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.compute.endings import TrainingRaised, TrainingReturned, message_to_dict
from core.compute.lanes import Lane
from core.compute.recent import Recent
from core.compute.worker import begin_training, give_way, warm_up
from core.datasets.image_set import Images, ImageSet
from core.errors import InklingError
from core.networks.spec import TrainingSpec, read_spec
from core.runs.store import Learned
from core.training.events import ArtefactReady, StepsTaken, TrainingEvent
from core.training.steering import Steer, Steering

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

Consultation = Callable[..., dict[str, NDArray[Any]]]
"""`function(predictor, *arguments)`: a question to a network that takes a moment, answered as arrays by name."""

_MODELS_KEPT = 4
"""Networks that the answering worker keeps ready. One can take 200 MB, most take less than 1 MB."""

_REPORT_SECONDS = 0.2
"""Between two reports of a job at least; pages look no more often."""

_WISHES_SECONDS = 0.2
"""Between two looks at what is wished of a training, apart from a stop, which is heard at once."""

_STOP_WAIT = 5
"""Seconds for which the scheduler is asked at a time; in between, the worker looks whether anybody still wants the run."""


@dataclass(frozen=True)
class ModelSource:
    """Everything needed to build a trained network: travels only when the worker lacks it.

    Attributes:
        spec: the `TrainingSpec` as JSON.
        image_shape, class_count, max_value: of the image set it was trained on.
        weights: as `core.networks.weights` packs them.
    """

    spec: str
    image_shape: tuple[int, ...]
    class_count: int
    max_value: int
    weights: bytes


def run_training(
    run_id: str, spec_json: str, image_set: ImageSet, learned: Learned | None, topic: str, stop_name: str, wishes_name: str
) -> None:
    """Train, and report everything as Dask events under `topic`, a `TrainingReturned` or `TrainingRaised` last.

    The weights are sent before the Keras file is made, so that a stopped run can be used at once.
    """
    from distributed import get_worker

    from core.training.loop import Start, train

    begin_training()
    worker = get_worker()
    spec = read_spec(spec_json)
    has_steps = False

    def report(message: TrainingEvent | TrainingReturned | TrainingRaised) -> None:
        nonlocal has_steps
        if isinstance(message, StepsTaken) and not has_steps:
            has_steps = True
            give_way()
        worker.log_event(topic, message_to_dict(run_id, message))

    try:
        with _watch_wishes(worker, stop_name, wishes_name) as steer:
            outcome = train(spec, image_set, report, steer, start=Start(**asdict(learned)) if learned else None)
        if outcome.has_learned:
            report(ArtefactReady("weights/final.npz", outcome.weights))
            report(ArtefactReady("model.keras", _export(spec, image_set, outcome.weights)))
        report(TrainingReturned(outcome.stopped, outcome.result()))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported, and becomes the outcome of the run
        report(TrainingRaised(isinstance(error, InklingError), type(error).__name__, str(error), traceback.format_exc()))


def with_plain_errors(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let no exception of TensorFlow's own out of the worker: the page server would load TensorFlow to read it."""

    @wraps(function)
    def call(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except InklingError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again below, where it no longer carries the original along
            problem = RuntimeError(f"{type(error).__name__}: {error}")
        raise problem

    return call


@with_plain_errors
def answer(key: str, images: Images, source: ModelSource | None = None) -> NDArray[np.float32] | None:
    """Class probabilities, `float32 (n, class_count)`, of `uint8` images; None if the network is not here and `source` is not given."""
    predictor = find_predictor(key, source)
    return None if predictor is None else predictor.probabilities(images)


@with_plain_errors
def consult(
    key: str, function: Consultation, arguments: tuple[Any, ...], source: ModelSource | None = None
) -> dict[str, NDArray[Any]] | None:
    """`function(predictor, *arguments)`; None if the network is not here and `source` is not given."""
    predictor = find_predictor(key, source)
    return None if predictor is None else function(predictor, *arguments)


@with_plain_errors
def run_job(
    job_id: str,
    topic: str,
    stop_name: str,
    function: Callable[..., dict[str, NDArray[Any]]],
    *arguments: Any,
) -> dict[str, NDArray[Any]]:
    """Call `function(report, should_stop, *arguments)`; what it reports goes out under `topic`, a few times a second at most.

    Raises what it raises, `Cancelled` among others.
    """
    from distributed import get_worker

    worker = get_worker()
    last = -math.inf

    def report(share: float, message: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _REPORT_SECONDS:
            last = time.monotonic()
            worker.log_event(topic, {"job": job_id, "share": float(share), "message": message})

    with _watch_for_stop(worker, stop_name) as should_stop:
        report(0.0, "Beginning.")
        last = -math.inf
        return function(report, should_stop, *arguments)


_predictors: Recent[str, Any] = Recent(_MODELS_KEPT)


def find_predictor(key: str, source: ModelSource | None) -> Any:
    """The `Predictor` of these weights, built if need be; None if it is not here and `source` is not given."""
    predictor = _predictors.get(key)
    if predictor is None and source is not None:
        warm_up(Lane.ANSWER)
        predictor = build_predictor(key, source)
    return predictor


def build_predictor(key: str, source: ModelSource) -> Any:
    """The `Predictor` of these weights, from now on found under `key`."""
    from core.predictions.predictor import Predictor

    spec = read_spec(source.spec)
    predictor = Predictor(spec, source.image_shape, source.class_count, source.max_value, source.weights)
    _predictors.put(key, predictor)
    return predictor


def _export(spec: TrainingSpec, image_set: ImageSet, weights: bytes) -> bytes:
    from core.networks.building import export_keras
    from core.networks.weights import unpack_weights

    return export_keras(spec, image_set.image_shape, image_set.class_names, image_set.max_value, unpack_weights(weights))


@contextmanager
def _watch_wishes(worker: Any, stop_name: str, wishes_name: str) -> Iterator[Steer]:
    """The wishes for a training, at no cost for it: the worker's event loop looks at the scheduler's metadata a few times a second."""
    wishes = Steering()

    async def look() -> None:
        nonlocal wishes
        while True:
            found = await worker.scheduler.get_metadata(keys=[wishes_name], default=None)
            wishes = Steering(**(found or {}))
            await asyncio.sleep(_WISHES_SECONDS)

    looking = asyncio.run_coroutine_threadsafe(look(), worker.loop.asyncio_loop)
    try:
        with _watch_for_stop(worker, stop_name) as should_stop:
            yield lambda: replace(wishes, stop=should_stop())
    finally:
        looking.cancel()


@contextmanager
def _watch_for_stop(worker: Any, stop_name: str) -> Iterator[Callable[[], bool]]:
    """A `should_stop` that costs nothing: the worker's event loop waits at the scheduler for the Dask `Event` of this name.

    It also says stop when Dask has cancelled the task, because the page server of an existing cluster went away.
    """
    stop = threading.Event()
    key = worker.get_current_task()

    async def wait_for_event() -> None:
        while not stop.is_set():
            if await worker.scheduler.event_wait(name=stop_name, timeout=_STOP_WAIT) or worker.state.tasks[key].state == "cancelled":
                stop.set()

    waiting = asyncio.run_coroutine_threadsafe(wait_for_event(), worker.loop.asyncio_loop)
    try:
        yield stop.is_set
    finally:
        waiting.cancel()
