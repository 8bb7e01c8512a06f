"""Dask's client, closed by hand alone."""

from __future__ import annotations

import logging
from typing import Any

from distributed import Client

_CLOSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class HandClosedClient(Client):  # type: ignore[misc]
    """A `Client` that Python's garbage collector may take without further ado, whenever and in whatever thread that happens.

    Dask's own closes itself then. It needs a lock for that which all clients of a process share; if the collector runs while that is held,
    such as while the next client starts, the process never gets another one.
    """

    def start(self, **kwargs: Any) -> None:
        """As Dask's; if that fails, the thread that it started is ended."""
        try:
            super().start(**kwargs)
        except BaseException:
            self.close()
            raise

    def close(self, timeout: float = _CLOSE_SECONDS) -> None:
        """As Dask's, but never fails: closing waits for the last attempt to reconnect, and raises whatever that met, of any type."""
        try:
            super().close(timeout=timeout)
        except Exception as error:  # noqa: BLE001
            # It is being let go of, so there is nothing left to do about it.
            logger.info("Letting go of the cluster: %s", error)

    def __del__(self) -> None:
        """Nothing: see the class."""
