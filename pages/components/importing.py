"""Bringing one's own images: choose files, see what is in them, store them or not. The steps, and which of them it is time for."""

from __future__ import annotations

import streamlit as st

from core.datasets.catalog import DatasetState
from core.datasets.importing.importer import ImportProgress, ImportState
from core.datasets.importing.pictures import READABLE
from core.errors import InklingError
from core.figures.numbers import format_count
from pages.components import frame, import_form, services, state, uploads
from pages.components.words import plain

_LOOK_EVERY = 0.3
"""Seconds between looks at an import under way."""

_FORMS = {
    "Pictures in a folder for each class": (
        f"{READABLE}, of any size. The whole folder or a ZIP of it, one ZIP for each class, or a project of Teachable Machine (.tm)."
    ),
    "A CSV table": "One image a line: its label and its pixels, row by row.",
    "NumPy arrays": "An .npz file with x_train, y_train, x_test and y_test, or images and labels in a file each.",
    "IDX files": "Two or four files as MNIST comes, images and labels, gzipped or not. Choose them together.",
    "A download from elsewhere": "A ZIP with any of these in it, as it came. What can't be used is left out, and you are told why.",
}

_ZIP_EXAMPLE = """\
fruit.zip
├── apple
│   ├── 1.jpg
│   └── 2.png
└── pear
    ├── 1.jpg
    └── 2.jpg"""

_SPLIT_EXAMPLE = """\
fruit.zip
├── train
│   ├── apple ...
│   └── pear ...
└── test
    ├── apple ...
    └── pear ..."""

_CSV_EXAMPLE = """\
label,pixel0,pixel1,pixel2,pixel3
7,0,128,255,0
2,13,255,64,0"""

_TO_DO = (
    ("Look at them", ":material/grid_view:", "pages/explore/samples.py"),
    ("See their statistics", ":material/bar_chart:", "pages/explore/statistics.py"),
    ("Train on them", ":material/network_node:", "pages/train/build.py"),
)
"""What to do with a new set: label, icon and page of each button."""


_PLACES = ("upload", "folder")
"""Where files can be dropped: as they are, or as a whole folder."""


def render_import() -> None:
    """The step that the session's import is at; without one, the place to drop files."""
    import_id = state.import_id()
    progress = services.importer().progress(import_id) if import_id else None
    if import_id and progress is None:
        state.leave_import("What was uploaded is no longer there. Choose the files again.")
    if import_id is None or progress is None:
        _render_outcome()
        _render_upload()
    elif progress.state.is_running:
        _watch(import_id, progress.state)
    elif progress.state == ImportState.FINISHED:
        _finish(import_id, progress)
    elif progress.survey is None:
        _give_up(import_id, progress.message)
    else:
        _render_choices(import_id, progress)


def _render_upload() -> None:
    _render_forms()
    files, folder = st.columns(2)
    for column, place, label, several in ((files, _PLACES[0], "Your files", True), (folder, _PLACES[1], "Or a whole folder", "directory")):
        column.file_uploader(
            label,
            accept_multiple_files=several,
            key=state.upload_key(place),
            on_change=_begin,
            args=(place,),
            help="Nothing is stored before you have seen what is in them. They stay on the computer that Inkling runs on.",
        )
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        f"Up to {limit} MB here. Larger files come in from the command line, without a limit on the upload: "
        "`python -m core import PATH --name NAME`."
    )


def _render_forms() -> None:
    st.table(
        [{"You can bring": form, "What it looks like": meaning} for form, meaning in _FORMS.items()], hide_index=True, border="horizontal"
    )
    with st.expander("Examples: how the folders and the lines have to be"), st.grid(3, min_column_width=230):
        for title, example in (
            ("A ZIP, to be divided into training and test by Inkling:", _ZIP_EXAMPLE),
            ("A ZIP that says itself which pictures are for testing:", _SPLIT_EXAMPLE),
            ("A CSV of images of 2 x 2 pixels; the first line may be missing:", _CSV_EXAMPLE),
        ):
            with st.container():
                st.caption(title)
                st.code(example, language=None)


def _begin(place: str) -> None:
    """Take the files in. A callback, because it can't be interrupted half-way, and is called once for each upload."""
    files = state.uploaded_files(place)
    if not files:
        return
    added = [file for file in files if (file.name, file.size) not in state.refused_uploads()]
    problems = []
    # Together with what was refused before: of IDX files, one may only have been missing. Failing that, what has been added alone.
    for together in (files, added) if 0 < len(added) < len(files) else (files,):
        try:
            import_id = services.importer().begin([(file.name, file) for file in together])
        except InklingError as error:
            problems.append(str(error))
        else:
            state.follow_import(import_id)
            uploads.let_go(files)
            return
    state.refuse_uploads((file.name, file.size) for file in files)
    state.leave_import(problems[-1])


def _drop() -> None:
    uploads.let_go([file for place in _PLACES for file in state.uploaded_files(place)])
    state.drop_uploads()


def _render_outcome() -> None:
    """What the last import came to: a set and what to do with it, or why there is none."""
    message, stored = state.import_outcome()
    if stored is None:
        if message:
            st.warning(plain(message), icon=":material/warning:")
        if any(state.uploaded_files(place) for place in _PLACES):
            st.button(
                "Choose other files",
                icon=":material/undo:",
                on_click=_drop,
                help="Forgets the files that lie below. Files that belong to them can also be added there.",
            )
        return
    if not any(entry.name == stored and entry.state == DatasetState.READY for entry in services.catalog().entries()):
        return  # It has been deleted since.
    st.success(f"{plain(message)} It can be used on all pages now.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        for label, icon, page in _TO_DO:
            if st.button(label, icon=icon, type="primary" if page == _TO_DO[0][2] else "secondary"):
                state.choose_dataset(stored)
                state.leave_import()
                st.switch_page(page)


def _watch(import_id: str, seen: ImportState) -> None:
    st.fragment(frame.guarded(_render_progress), run_every=_LOOK_EVERY)(import_id, seen)


def _render_progress(import_id: str, seen: ImportState) -> None:
    progress = services.importer().progress(import_id)
    if progress is None or progress.state != seen:
        st.rerun()
    doing = "Looking through" if seen == ImportState.SURVEYING else "Importing"
    st.subheader(f"{doing} {plain(progress.source_name)}", anchor=False)
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    count = f"{format_count(progress.done)} of {format_count(progress.total)} pictures" if progress.total else ""
    st.progress(share, text=plain(" ".join(filter(None, (progress.message, count)))))
    st.button(
        "Cancel",
        icon=":material/close:",
        on_click=_cancel,
        args=(import_id, seen),
        help="Ends it at once; nothing of it is kept. You can leave this page meanwhile and come back.",
    )


def _cancel(import_id: str, seen: ImportState) -> None:
    with frame.errors_shown():
        services.importer().cancel(import_id)
        progress = services.importer().progress(import_id)
        if seen == ImportState.SURVEYING and progress is not None and progress.survey is None:
            _give_up(import_id, "Called off. Nothing was stored.", again=False)


def _give_up(import_id: str, message: str, *, again: bool = True) -> None:
    """There is nothing to choose from: back to the files, with the reason."""
    services.importer().discard(import_id)
    state.leave_import(message)
    if again:
        st.rerun()


def _finish(import_id: str, progress: ImportProgress) -> None:
    """The set is stored, so the upload is no longer needed."""
    services.importer().discard(import_id)
    state.leave_import(progress.message, stored=progress.stored)
    # The lasting message is at the top of the page, which whoever pressed Import further down may have scrolled out of sight.
    st.toast(plain(progress.message), icon=":material/check_circle:")
    st.rerun()


def _render_choices(import_id: str, progress: ImportProgress) -> None:
    if progress.state == ImportState.FAILED:
        st.error(plain(progress.message), icon=":material/error:")
    elif progress.state == ImportState.CANCELLED:
        st.info("The import was called off; nothing was stored. You can start it again.", icon=":material/info:")
    if progress.survey is not None:
        import_form.render_preview(import_id, progress.survey)
