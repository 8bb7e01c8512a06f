"""The Dask resources that keep kinds of work apart.

| lane | where | what |
| --- | --- | --- |
| `TRAIN` | training workers, one each | one training at a time for each worker |
| `ANSWER` | the answering worker | single predictions: milliseconds each |
| `STUDY` | the answering worker, in a thread of its own | longer answers, such as the score of a whole test set |
| `JOB` | the answering worker, in a thread of its own | minutes of work with progress, such as a t-SNE map |

So a training never takes the answering worker, and neither a long answer nor a job ever blocks a short one.
An existing cluster (`INKLING_SCHEDULER`) needs at least one worker of either kind, started where this package can be imported:

    dask worker tls://host:8786 --nworkers 1 --nthreads 1 --resources TRAIN=1 --preload core.compute.worker
    dask worker tls://host:8786 --nworkers 1 --nthreads 3 --resources "ANSWER=1 STUDY=1 JOB=1" --preload core.compute.worker

with `distributed.scheduler.allowed-failures: 0`, so that a killed worker does not train its run again from the beginning,
and `distributed.admin.low-level-log-length: 1`, because the scheduler keeps that many events and some carry weights.
Credentials for TLS come from Dask's own configuration (`distributed.comm.tls`, or `DASK_DISTRIBUTED__COMM__TLS__...`).
"""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    """A kind of work and the resource that it takes one of."""

    TRAIN = "TRAIN"
    ANSWER = "ANSWER"
    STUDY = "STUDY"
    JOB = "JOB"


TRAIN_RESOURCES: dict[str, float] = {Lane.TRAIN.value: 1}
ANSWER_RESOURCES: dict[str, float] = {Lane.ANSWER.value: 1, Lane.STUDY.value: 1, Lane.JOB.value: 1}
