"""Build a network, train it, watch it learn."""

from contextlib import suppress

import streamlit as st

from core.datasets.image_set import ImageSet
from core.errors import InklingError, SpecError
from core.networks.spec import read_spec
from pages.components import (
    baselines,
    coach,
    data_form,
    forms,
    frame,
    layer_form,
    learning_form,
    live,
    network,
    presses,
    services,
    state,
    time_machine,
)
from pages.components.words import plain


def start() -> None:
    """Hand the run over and put its id into the address.

    The settings are read here and not handed in: a value typed just before Train was pressed arrives together with the press,
    before the page has run again. Where they can't be trained, the page says so right after this.
    """
    with frame.errors_shown(), suppress(SpecError):
        state.choose_run(services.compute().submit(read_spec(state.draft())))


def render_form() -> ImageSet | None:
    """All settings. Returns the images to learn from, if they are on this machine."""
    forms.render_recipes()
    image_set = data_form.render_data()
    layer_form.render_layers()
    learning_form.render_learning()
    return image_set


def render_afterwards(run_id: str) -> None:
    """What there is to learn from a run that has ended."""
    record = services.store().load(run_id)
    if record.state.is_final:
        coach.render_coach(record)
        baselines.render_baselines(record)
        time_machine.render_time_machine(record)


def render_current_run() -> None:
    """The run in the address, or the one looked at last, under its own heading."""
    run_id = state.current_run()
    if run_id is None:
        return
    try:
        live.render_run(run_id)
        state.choose_run(run_id)
        render_afterwards(run_id)
    except InklingError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        st.button("Forget this run", on_click=state.choose_run, args=(None,))


state.ensure_draft()
frame.page_header(
    "Build and train",
    "Set up a network, press Train, and watch it learn. Change one thing at a time and you see what it does.",
)
form_side, run_side = st.columns([4, 5], gap="medium")
with form_side:
    image_set = render_form()
if image_set is not None:
    # Sent ahead, while the settings are still being chosen, so that pressing Train need not wait for it.
    services.compute().prepare_dataset(image_set.name)
with run_side:
    spec = network.read_draft(image_set)
    # A heading of its own, as the run below has: the numbers of one are not those of the other.
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Next run", anchor=False, width="content")
        st.button(
            "Train",
            icon=":material/play_arrow:",
            type="primary",
            disabled=spec is None or image_set is None,
            on_click=presses.once(start),
            help="Starts a run with the settings of the form. Runs already going on go on.",
        )
    if spec is not None and image_set is not None:
        network.render_costs(spec, image_set)
        network.render_network(spec, image_set, is_open=state.current_run() is None)
    if state.current_run() is not None:
        st.divider()
        network.tell_apart(spec)
        render_current_run()
