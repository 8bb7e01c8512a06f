"""What a worker says of itself with each of its heartbeats, as one of Dask's metrics."""

from __future__ import annotations

READINESS = "inkling"
"""Its name. Its value is empty while the worker loads TensorFlow, then `READY`, or why it can't get ready."""

READY = "ready"
