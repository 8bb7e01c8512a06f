"""Choosing a data set, and getting one that is not on this machine yet."""

from __future__ import annotations

import streamlit as st

from core.datasets.catalog import DatasetEntry, DatasetState
from core.datasets.downloading import DownloadProgress, DownloadState
from core.datasets.image_set import ImageSet
from pages.components import frame, services, state
from pages.components.words import plain

_LOOK_EVERY = 0.5
"""Seconds between looks at a download under way."""

_MARKS = {DatasetState.READY: "", DatasetState.MISSING: " (not downloaded yet)", DatasetState.UNUSABLE: " (can't be used)"}


def pick_dataset() -> DatasetEntry:
    """The picker for the data set, the same on every page and kept across pages."""
    entries = {entry.name: entry for entry in services.catalog().entries()}
    if state.dataset() not in entries:
        st.info(f"The data set {state.dataset()!r} is no longer on this machine. Choose another one.", icon=":material/info:")
        state.choose_dataset(next(iter(entries)))
    else:
        state.choose_dataset(state.dataset())
    name = st.selectbox(
        "Data set",
        options=list(entries),
        format_func=lambda name: entries[name].title + _MARKS[entries[name].state],
        key=state.dataset_key(),
        help="The images to look at, learn from and test on. Your choice is kept on all pages.",
        persist_state="session",
    )
    return entries[str(name)]


def load_or_offer(entry: DatasetEntry) -> ImageSet | None:
    """The images of this set; or None, after showing why there are none and what to do about it."""
    if entry.state == DatasetState.READY:
        return services.catalog().load(entry.name)
    if entry.state == DatasetState.UNUSABLE:
        st.error(f"{entry.reason}", icon=":material/error:")
        st.caption("The other sets go on working.")
    else:
        _offer_download(entry)
    return None


def _offer_download(entry: DatasetEntry) -> None:
    st.markdown(entry.description)
    running = services.downloader().progress(entry.name).state == DownloadState.RUNNING
    st.fragment(frame.guarded(_render_download), run_every=_LOOK_EVERY if running else None)(entry)


def _render_download(entry: DatasetEntry) -> None:
    downloader = services.downloader()
    progress = downloader.progress(entry.name)
    if progress.state == DownloadState.FINISHED and _is_ready(entry.name):
        st.rerun()
    if progress.state == DownloadState.RUNNING:
        _render_progress(progress)
        if st.button("Cancel", icon=":material/close:"):
            downloader.cancel(entry.name)
        return
    if progress.state == DownloadState.FAILED:
        st.error(plain(progress.message), icon=":material/cloud_off:")
    elif progress.state == DownloadState.CANCELLED:
        st.info("The download was cancelled; nothing was kept.", icon=":material/info:")
    else:
        st.info(f"{entry.title} is not on this machine yet. The bundled digits work without any download.", icon=":material/info:")
    again = progress.state == DownloadState.FAILED
    if st.button("Try again" if again else f"Download {entry.title}", icon=":material/download:", type="primary"):
        downloader.start(entry.name)
        st.rerun()


def _is_ready(name: str) -> bool:
    """Whether the set is there by now; a file can also have been deleted again after its download."""
    return any(entry.name == name and entry.state == DatasetState.READY for entry in services.catalog().entries())


def _render_progress(progress: DownloadProgress) -> None:
    megabytes = progress.bytes / 1e6
    speed = f"{progress.bytes_per_second / 1e6:.1f} MB/s"
    if progress.total:
        text = f"{progress.file}: {megabytes:.1f} of {progress.total / 1e6:.1f} MB, {speed}"
        st.progress(min(progress.bytes / progress.total, 1.0), text=text)
    else:
        st.progress(0.0, text=f"{progress.file}: {megabytes:.1f} MB, {speed}")
