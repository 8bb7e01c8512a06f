"""The objects that all visitors share, each made once for the life of the server.

Pages get them here and nowhere else, so that no two copies of the engine or the store ever exist.
They are not `st.cache_resource`s because the server makes them before there is any session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core.compute.service import ComputeService
from core.compute.teacher import Teacher
from core.datasets.catalog import Catalog
from core.datasets.downloading import Downloader
from core.datasets.image_set import ImageSet
from core.datasets.importing.importer import Importer
from core.datasets.samples import ImageSetInfo, describe
from core.drawings.store import DrawingStore
from core.runs.ledger import Ledger
from core.runs.store import RunStore
from core.settings import Settings, load_settings
from pages.components.visitors import VisitorMemory

Service = TypeVar("Service")

_lock = threading.RLock()
_made: dict[str, Any] = {}


def _once(name: str, make: Callable[[], Service]) -> Service:
    with _lock:
        if name not in _made:
            _made[name] = make()
        service: Service = _made[name]
        return service


def settings() -> Settings:
    """Folders and limits, read from the environment once."""
    return _once("settings", load_settings)


def catalog() -> Catalog:
    """The image sets on this machine."""
    return _once("catalog", lambda: Catalog(settings()))


def downloader() -> Downloader:
    """Downloads under way, seen by every visitor."""
    return _once("downloader", lambda: Downloader(settings()))


def importer() -> Importer:
    """Imports under way."""
    return _once("importer", lambda: Importer(settings()))


def store() -> RunStore:
    """All runs on this machine."""
    return _once("store", lambda: RunStore(settings().home))


def ledger() -> Ledger:
    """Which test images were opened, and what was said of their labels."""
    return _once("ledger", lambda: Ledger(settings().home))


def drawings() -> DrawingStore:
    """The drawings that were kept."""
    return _once("drawings", lambda: DrawingStore(settings().home))


def visitor_memory() -> VisitorMemory:
    """What visitors were at, for their next session."""
    return _once("visitor_memory", VisitorMemory)


def teacher() -> Teacher:
    """Has networks taught these."""
    return _once("teacher", lambda: Teacher(compute(), store(), ledger()))


def compute() -> ComputeService:
    """The engine that trains and answers. Making it returns at once; it warms up in the background."""
    return _once("compute", _start_compute)


def close() -> None:
    """End the engine and forget everything; the next call starts afresh."""
    with _lock:
        ending = [_made[name] for name in ("compute", "importer", "ledger", "drawings") if name in _made]
        _made.clear()
    for service in ending:
        service.close()


def facts(image_set: ImageSet) -> ImageSetInfo:
    """A set in numbers; reading every pixel takes a moment, so it is done once for each content."""
    return _facts(image_set.sha256, image_set)


@st.cache_data(show_spinner=False, max_entries=20)
def _facts(sha256: str, _image_set: ImageSet) -> ImageSetInfo:
    return describe(_image_set)


def _start_compute() -> ComputeService:
    service = ComputeService(settings(), store(), catalog().load)
    service.start()
    return service


def provide(**made: Any) -> None:
    """Use these services instead of making them, by the names of their functions here. For tests."""
    with _lock:
        _made.update(made)
