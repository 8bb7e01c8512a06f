"""How the accuracy of several runs falls as the images are spoilt more and more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.compute.break_it import choose_sample, curve_key, measure_curve
from core.compute.jobs import JobProgress
from core.compute.lanes import Lane
from core.datasets.image_set import Split
from core.figures.break_curve import (
    BreakCurveInfo,
    BreakResult,
    break_numbers,
    break_table,
    build_break_chart,
    build_break_curve,
    describe_break_curve,
    describe_images,
    draw_break_curve,
)
from core.figures.conclusion import HOW
from core.figures.run_curves import MAX_RUNS, label_runs
from core.predictions.perturbations import PERTURBATIONS
from core.predictions.scored import ScoredImages
from core.runs.record import RunRecord
from core.training.splitting import Positions
from pages.components import frame, gallery, jobs, saving, scoring, services, tables
from pages.components.words import plain

_LISTED = 100
"""Runs that are offered at most, the newest."""

_PATIENCE = 2.0
"""Seconds for which the page waits for all curves together before it shows how far they are."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """A run whose curve is wanted. `positions` are those of the sample in its half."""

    record: RunRecord
    key: str
    positions: Positions
    start: Callable[[], JobProgress]


def render_curve(record: RunRecord, scored: ScoredImages) -> None:
    """What to do to images such as these, whose curves, and the curves."""
    st.subheader("Many images", anchor=False)
    st.fragment(frame.guarded(_render))(record, scored)


def _render(record: RunRecord, scored: ScoredImages) -> None:
    name = st.selectbox(
        "What is done to the images",
        list(PERTURBATIONS),
        format_func=lambda name: PERTURBATIONS[name].title,
        key="break_curve_name",
        help="The same images are spoilt nine times, more each time, and counted is how many the network still reads right.",
        persist_state="session",
    )
    st.caption(PERTURBATIONS[name].help)
    chosen = _pick_runs(record)
    if not chosen:
        st.info("Choose at least one run.", icon=":material/info:")
        return
    results = _find_results(chosen, scored.split, name)
    if results:
        _show(build_break_curve(PERTURBATIONS[name], scored.kind, results, scored.image_set.class_count), name)


def _pick_runs(record: RunRecord) -> list[RunRecord]:
    """This run and others that learned from the very same images."""
    listed = [one for one in services.store().list(limit=_LISTED) if one.id != record.id]
    fitting = [record, *(one for one in listed if _fits(one, record))]
    labels = dict(zip((one.id for one in fitting), label_runs(fitting), strict=True))
    chosen = st.multiselect(
        "Runs",
        list(labels),
        default=[record.id],
        format_func=lambda run_id: labels[run_id],
        max_selections=MAX_RUNS,
        key=f"break_runs_{record.id}",
        help="Each gets a line in the chart. Take networks of different kinds: Dense layers against convolutions, for instance.",
        persist_state="session",
    )
    st.caption(_describe_left_out(record, listed))
    by_id = {one.id: one for one in fitting}
    return [by_id[run_id] for run_id in chosen]


def _fits(other: RunRecord, record: RunRecord) -> bool:
    return other.is_ready and other.dataset_sha256 == record.dataset_sha256


def _describe_left_out(record: RunRecord, listed: Sequence[RunRecord]) -> str:
    """Why some runs are not offered; empty if all are."""
    strangers = sum(one.dataset_sha256 != record.dataset_sha256 for one in listed)
    unready = sum(one.dataset_sha256 == record.dataset_sha256 and not _fits(one, record) for one in listed)
    reasons = [
        f"{count} that {reason}" for count, reason in ((strangers, "learned from other images"), (unready, "learned nothing yet")) if count
    ]
    return f"Not offered: {' and '.join(reasons)}." if reasons else ""


def _find_results(chosen: Sequence[RunRecord], split: Split, name: str) -> list[BreakResult]:
    """The results of the runs that are measured; of the others, how far they are or what is missing."""
    asked = [_ask(record, scored, name) for record in chosen if (scored := scoring.find_scored(record, split)) is not None]
    for one in asked:
        # One that was called off stays so until it is asked for again.
        if services.compute().job(one.key) is None:
            one.start()
    if asked:
        services.compute().wait_for_job(asked[-1].key, _PATIENCE)
    labels = dict(zip((record.id for record in chosen), label_runs(chosen), strict=True))
    results = []
    for one in asked:
        found = jobs.await_job(one.key, one.start, seconds=0)
        if found is not None:
            results.append(BreakResult(labels[one.record.id], one.positions, found["right"]))
    return results


def _ask(record: RunRecord, scored: ScoredImages, name: str) -> _Asked:
    service, image_set, split = services.compute(), scored.image_set, scored.split
    positions = choose_sample(image_set.labels(split), scored.positions)
    key = curve_key(scored.model_key, split, positions, name)

    def start() -> JobProgress:
        source = service.model_source(record.id)
        return service.start_job(key, measure_curve, *source, image_set, split, positions, name, lane=Lane.STUDY, keep=True)

    return _Asked(record, key, positions, start)


def _show(info: BreakCurveInfo, name: str) -> None:
    sentence = describe_break_curve(info)
    st.markdown(f"**{plain(sentence)}**")
    gallery.show_chart(build_break_chart(info, frame.figure_theme()), key=f"break_curve_{name}", alt=sentence)
    st.caption(_explain(info))
    with st.expander("As a table", key="break_curve_table"):
        table = break_table(info)
        tables.show_table(table.rename(columns={line.label: plain(line.label) for line in info.lines}), hide_index=True)
    saving.offer_files(name=f"{name}-curve", table=lambda: break_numbers(info), figure=lambda: draw_break_curve(info, frame.figure_theme()))


def _explain(info: BreakCurveInfo) -> str:
    whose = "" if info.kind == "test" else " that it held back" if len(info.lines) == 1 else " that each run held back for itself"
    return (
        f"Each point is of {describe_images(info)}{whose}, drawn with the same share of each class; bands are 95 % intervals (Wilson's), "
        f"and the dotted line is what blind guessing would score. {HOW} "
        "Look where one line leaves the others: what is no trouble for you may be quite another picture to a network."
    )
