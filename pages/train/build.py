"""Build a network, train it, watch it learn."""

from contextlib import suppress

import streamlit as st

from core.datasets.image_set import ImageSet
from core.errors import InklingError, SpecError
from core.figures.numbers import format_count
from core.figures.tables import layer_table
from core.networks.shapes import check_size, count_parameters, describe_layers
from core.networks.spec import TrainingSpec, read_spec
from pages.components import datasets, forms, frame, live, services, state


def start() -> None:
    """Hand the run over and put its id into the address.

    The settings are read here and not handed in: a value typed just before Train was pressed arrives together with the press,
    before the page has run again. Where they can't be trained, the page says so right after this.
    """
    with frame.errors_shown(), suppress(SpecError):
        state.choose_run(services.compute().submit(read_spec(state.draft())))


def render_settings() -> ImageSet | None:
    """The form. Returns the images to learn from, if they are on this machine."""
    forms.render_recipes()
    entry = datasets.pick_dataset()
    image_set = datasets.load_or_offer(entry)
    forms.render_layers()
    st.markdown("**Learning**")
    forms.render_learning()
    return image_set


def render_network(spec: TrainingSpec, image_set: ImageSet) -> None:
    """The layer table, which follows every change of the form."""
    rows = describe_layers(spec.hidden, image_set.image_shape, image_set.class_count, scale_inputs=spec.scale_inputs)
    st.markdown(f"**The network: {format_count(count_parameters(rows))} parameters**")
    st.dataframe(layer_table(rows), hide_index=True)
    st.caption("Each parameter is one number that training adjusts. Look for the layer that holds most of them.")


def read_draft(image_set: ImageSet | None) -> TrainingSpec | None:
    """The form's settings, checked; None, after showing every problem, if they can't be trained."""
    try:
        spec = read_spec(state.draft())
        if image_set is not None:
            check_size(spec, image_set.image_shape, image_set.class_count)
    except SpecError as error:
        frame.show_problems(error)
        return None
    return spec


def render_current_run() -> None:
    """The run in the address, or the one looked at last."""
    run_id = state.current_run()
    if run_id is None:
        return
    try:
        live.render_run(run_id)
        state.choose_run(run_id)
    except InklingError as error:
        st.warning(str(error), icon=":material/warning:")
        st.button("Forget this run", on_click=state.choose_run, args=(None,))


state.ensure_draft()
frame.page_header(
    "Build and train",
    "Set up a network on the left, press Train, and watch it learn. Change one thing at a time and you see what it does.",
)
settings_side, run_side = st.columns([3, 5], gap="large")
with settings_side:
    image_set = render_settings()
if image_set is not None:
    # Sent ahead, while the settings are still being chosen, so that pressing Train need not wait for it.
    services.compute().prepare_dataset(image_set.name)
with run_side:
    spec = read_draft(image_set)
    st.button(
        "Train",
        icon=":material/play_arrow:",
        type="primary",
        disabled=spec is None or image_set is None,
        on_click=start,
        help="Starts a run with the settings on the left. Runs already going on go on.",
    )
    render_current_run()
    if spec is not None and image_set is not None:
        render_network(spec, image_set)
