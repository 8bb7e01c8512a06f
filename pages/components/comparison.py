"""The chosen runs: their curves in one chart, what they came to, in what they differ, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets.image_set import Split
from core.errors import InklingError
from core.figures.comparison import build_results, results_table
from core.figures.conclusion import ABOUT_THESE, HOW, describe_leader
from core.figures.curves import Quantity
from core.figures.run_curves import MAX_RUNS, Against, build_run_chart, build_run_curves, describe_run_curves, label_runs, split_by_loss
from core.predictions.conclusions import compare_with_leader
from core.runs.record import RunHistory, RunRecord
from pages.components import choices, frame, gallery, one_run, run_differences, scoring, services, state, tables
from pages.components.words import plain

Runs = Sequence[tuple[RunRecord, RunHistory]]

_DELETE = "delete"

_ABOUT_SECONDS = (
    "Seconds also count what else the computer did meanwhile, such as other runs: the same training can take many times as long. "
    "Compare networks by epochs, and their speed only if each had the computer for itself."
)


def render_chosen(records: Sequence[RunRecord]) -> None:
    """All about the chosen runs, or how to choose some."""
    if not records:
        st.info(
            "Choose a run in the list to rename it, save its model, or set up a new one from it. Choose several to compare them.",
            icon=":material/checklist:",
        )
        return
    if len(records) == 1:
        # Whatever is wrong with a run, it can be deleted.
        with frame.errors_shown():
            one_run.render_run(records[0])
    else:
        st.subheader(f"{len(records)} runs chosen", anchor=False)
    _render_delete(records)
    with frame.errors_shown():
        _render_comparison(records)


def _render_comparison(records: Sequence[RunRecord]) -> None:
    shown = records[:MAX_RUNS]
    if len(records) > MAX_RUNS:
        st.caption(f"Compared are the first {MAX_RUNS} that you chose: more lines could not be told apart.")
    runs = [(record, services.store().history(record.id)) for record in shown]
    if len(runs) > 1:
        _render_results(runs)
        run_differences.render_differences(runs)
    _render_curves(runs)


def _render_results(runs: Runs) -> None:
    results = build_results(runs)
    table = results_table(results)
    tables.show_table(table.assign(Run=table["Run"].map(plain)), hide_index=True)
    st.caption(
        "Of each run, the weights that it kept. The interval (Wilson's) says how much luck there is in an accuracy measured on "
        "that many validation images."
    )
    # Whatever is missing for it, the rest of the comparison is there.
    with frame.errors_shown():
        _render_conclusion(runs)


def _render_conclusion(runs: Runs) -> None:
    """Whether the highest is really better than the others, by their answers to each validation image."""
    labels = label_runs([record for record, _ in runs])
    checked = [(record, label) for (record, history), label in zip(runs, labels, strict=True) if _is_checked(record, history)]
    if len(checked) < 2:
        return
    if len({record.dataset_sha256 for record, _ in checked}) > 1:
        st.markdown("These runs learned from different sets, so their accuracies say little about which settings are better.")
        return
    scored = scoring.find_all_scored([record for record, _ in checked], Split.TRAINING)
    if scored is None:
        return
    leader, compared = compare_with_leader([one.graded for one in scored])
    st.markdown(f"**{plain(describe_leader([label for _, label in checked], leader, compared, 'validation images'))}**")
    st.caption(f"{HOW} {ABOUT_THESE}")


def _is_checked(record: RunRecord, history: RunHistory) -> bool:
    """Whether there is a network, and validation images that it can be asked about."""
    held_back = history.started.validation_images if history.started else 0
    return record.is_ready and bool(held_back) and record.validation_accuracy is not None


def _render_curves(runs: Runs) -> None:
    info = build_run_curves(runs)
    sentence = describe_run_curves(info)
    if not info.lines:
        st.caption(sentence)
        return
    against = choices.choose(
        "Against",
        Against,
        default=Against.EPOCHS,
        format_func=str.capitalize,
        key="runs_against",
        help="Against epochs you see what an epoch teaches, against seconds what the time was worth on this computer, busy as it was.",
    )
    by_loss = split_by_loss(info)
    charts = [*((Quantity.LOSS, kind) for kind in by_loss), (Quantity.ACCURACY, info)]
    for place, (quantity, lines) in enumerate(charts):
        chart = build_run_chart(lines, quantity, against, frame.figure_theme())
        kind = f" ({lines.lines[0].loss})" if quantity == Quantity.LOSS else ""
        gallery.show_chart(chart, key=f"runs_{quantity}_{place}", alt=f"{quantity.capitalize()}{kind} of the chosen runs. {sentence}")
    st.caption(f"{plain(sentence)} Look which line is ahead at the same place, and whether it still rises where it ends.")
    if against == Against.SECONDS:
        st.caption(_ABOUT_SECONDS)
    if len(by_loss) > 1:
        st.caption("These runs made different losses small. Numbers of different kinds can't be compared, so each kind has its own chart.")


def _render_delete(records: Sequence[RunRecord]) -> None:
    """A button, then a question. Runs that are still trained stay, and it says why."""
    ended = [record for record in records if record.state.is_final]
    active = len(records) - len(ended)
    if active:
        st.caption(_describe_active(active, len(records)))
    many = "it" if len(records) == 1 else f"{len(ended)} of them" if active else f"{len(records)} runs"
    if state.runs_question() != _DELETE:
        st.button(
            f"Delete {many}",
            icon=":material/delete:",
            disabled=not ended,
            on_click=state.ask_about_runs,
            args=(_DELETE,),
            help="Removes settings, curves, weights and model from this machine, after asking.",
        )
        return
    names = ", ".join(plain(label) for label in label_runs(ended))
    st.warning(f"Delete {names}? Settings, curves, weights and model will be gone for good.", icon=":material/delete:")
    with st.container(horizontal=True):
        st.button("Delete for good", icon=":material/delete:", type="primary", on_click=_delete, args=([record.id for record in ended],))
        st.button("Keep", on_click=state.ask_about_runs, args=(None,))


def _describe_active(active: int, chosen: int) -> str:
    """Why not all of them can be deleted."""
    if active == 1:
        who = "It" if chosen == 1 else "One of them"
        return f"{who} is still being trained and can't be deleted: stop it first."
    return f"{active} of them are still being trained and can't be deleted: stop them first."


def _delete(run_ids: Sequence[str]) -> None:
    gone = []
    with frame.errors_shown():
        for run_id in run_ids:
            try:
                services.store().delete(run_id)
                gone.append(run_id)
            except InklingError as error:
                st.error(plain(str(error)), icon=":material/error:")
    if state.current_run() in gone:
        state.choose_run(None)
    state.keep_chosen(run_id for run_id in state.chosen_runs() if run_id not in gone)
