"""The network of the form in numbers, as a diagram and as a table, with what is wrong or unwise about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import streamlit as st

from core.datasets.image_set import ImageSet
from core.errors import InklingError, SpecError
from core.figures.diagram import build_diagram, draw_diagram
from core.figures.numbers import format_count
from core.figures.tables import layer_table
from core.networks.advice import advise, check_network
from core.networks.plan import plan_layers
from core.networks.shapes import count_multiply_adds, count_parameters, describe_layers, estimate_memory
from core.networks.spec import TrainingSpec, read_spec, renew
from core.training.splitting import check_split, describe_split
from pages.components import budget, frame, gallery, services, state, time_estimate
from pages.components.words import plain


def read_draft(image_set: ImageSet | None) -> TrainingSpec | None:
    """The form's settings, checked; None, after showing every problem, if they can't be trained."""
    try:
        spec = read_spec(state.draft())
        if image_set is not None:
            check_network(spec, image_set.image_shape, image_set.class_count, len(image_set.y_train))
            check_split(spec, image_set.y_train)
    except SpecError as error:
        frame.show_problems(error)
        return None
    return spec


def render_costs(spec: TrainingSpec, image_set: ImageSet) -> None:
    """What training it takes, and what is unwise about it, before the start; and what fits into less time."""
    looks = count()
    every = time_estimate.LOOKS.get(time_estimate.advance(spec, image_set, looks=0))
    st.fragment(frame.guarded(_render_figures), run_every=every)(spec, image_set, looks, is_waiting=every is not None)
    hints = advise(spec, image_set.image_shape, image_set.class_count, len(image_set.y_train))
    for hint in [*hints, *describe_split(spec, image_set.y_train)]:
        st.caption(f":material/lightbulb: {plain(hint.message)}")
    budget.render_budget(spec, image_set)


def tell_apart(spec: TrainingSpec | None) -> None:
    """Say so above a run whose settings are not those of the form, of which the numbers above it are."""
    run_id = state.current_run()
    if run_id is None or spec is None:
        return
    # Of a run that can't be read, the page says so below.
    with suppress(InklingError):
        record = services.store().load(run_id)
        if renew(record.spec).model_copy(update={"recipe": spec.recipe}) != spec:
            st.caption(f"The numbers above are of the next run. {plain(record.title)} has other settings than the form.")


def _render_figures(spec: TrainingSpec, image_set: ImageSet, looks: Iterator[int], *, is_waiting: bool) -> None:
    """Drawn again by itself while the time is not known; `looks` counts how often that was."""
    phase = time_estimate.advance(spec, image_set, looks=next(looks))
    shape, classes = image_set.image_shape, image_set.class_count
    rows = describe_layers(spec, shape, classes)
    memory = estimate_memory(spec, shape, classes, len(image_set.y_train))
    known = time_estimate.find_timing(spec, image_set)
    cells = [
        ("Parameters", format_count(count_parameters(rows))),
        ("Multiply-adds", format_count(count_multiply_adds(rows))),
        ("Memory", f"{memory / 1e9:.1f} GB"),
        ("Time", time_estimate.describe_short(spec, image_set, known)),
    ]
    gallery.show_metrics(cells)
    explained = "Numbers it keeps; multiplications for one image on its way through; memory and time of the whole training."
    st.caption(f"{explained} {time_estimate.describe_source(spec, image_set, phase, known)}")
    if phase == time_estimate.Phase.FAILED:
        st.button("Measure the time again", icon=":material/timer:", on_click=_measure_again, args=(spec, image_set))
    if is_waiting and phase not in time_estimate.LOOKS:
        # One full rerun ends the looking.
        st.rerun()


def _measure_again(spec: TrainingSpec, image_set: ImageSet) -> None:
    with frame.errors_shown():
        time_estimate.start(spec, image_set)


def render_network(spec: TrainingSpec, image_set: ImageSet, *, is_open: bool) -> None:
    """The diagram and the layer table, which follow every change of the form."""
    shape, classes = image_set.image_shape, image_set.class_count
    # Another key makes another expander: the browser would keep the one before as it was, and a run that starts is to be seen.
    with st.expander("The network, drawn to scale", expanded=is_open, key=f"diagram_part_{is_open}"):
        st.html(draw_diagram(build_diagram(plan_layers(spec, shape, classes)), frame.figure_theme()))
        st.caption(
            "A row of values is as long as a square of as many pixels is high; depth is by channels. Filled: layers that learn. "
            "On the arrows: the shape of what one image has become. Look where it shrinks."
        )
    with st.expander("The same as a table", key="layer_table_part"):
        st.dataframe(layer_table(describe_layers(spec, shape, classes)), hide_index=True)
        st.caption("Each parameter is one number that is kept. Look for the layer that holds most of them.")
