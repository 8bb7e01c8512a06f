"""What can be done to a run: pause it, go on, stop it, change its learning rate, and train it for more epochs once it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import InklingError
from core.figures.learning_rate import RatesInfo, build_rates, describe_rates
from core.networks.spec import TrainingSpec
from core.runs.comparing import describe_epoch
from core.runs.record import RunHistory, RunRecord, RunState
from pages.components import frame, presses, services, state
from pages.components.words import plain

_FACTORS = {"A tenth": 0.1, "Half": 0.5, "Twice": 2.0, "Ten times": 10.0}
"""What the learning rate as it is now can be multiplied by."""

_MOST_EPOCHS = next(bound.le for bound in TrainingSpec.model_fields["epochs"].metadata if hasattr(bound, "le"))


def render_buttons(record: RunRecord, history: RunHistory) -> None:
    """Pause or go on, learning rate, stop; a run that waits for its turn can only be stopped."""
    if record.state == RunState.PAUSED:
        st.button(
            "Go on", key="run_resume", icon=":material/play_arrow:", on_click=_resume, args=(record.id,), help="Takes up where it paused."
        )
    elif record.state == RunState.RUNNING:
        st.button(
            "Pause",
            key="run_pause",
            icon=":material/pause:",
            on_click=_pause,
            args=(record.id,),
            help="Takes no step until you let it go on.",
        )
    if record.state in (RunState.RUNNING, RunState.PAUSED):
        _render_rate(record, history)
    st.button(
        "Stop",
        key="run_stop",
        icon=":material/stop:",
        on_click=_stop,
        args=(record.id,),
        help="Ends this run at once. What the network has learned so far is kept.",
    )


def _render_rate(record: RunRecord, history: RunHistory) -> None:
    with st.popover(
        "Learning rate",
        key="run_rate",
        icon=":material/speed:",
        help="Make the steps smaller or larger while it learns. The curves show where.",
        on_change="rerun",
    ) as popover:
        # Most of the time it is closed, and the page looks several times a second.
        if not popover.open:
            return
        wished = services.compute().steering(record.id).rate_factor
        st.markdown(
            f"{describe_rates(build_rates(history, record.spec))} From the next steps on it is the schedule's times **{wished:g}**."
        )
        with st.container(horizontal=True):
            for label, factor in _FACTORS.items():
                st.button(label, key=f"run_rate_{factor:g}", on_click=_multiply_rate, args=(record.id, factor))
        st.button("Back to the schedule", key="run_rate_back", disabled=wished == 1, on_click=_change_rate, args=(record.id, 1.0))
        st.caption("Try a tenth once the loss only jumps about: small steps settle where large ones overshoot.")


def render_continuation(record: RunRecord) -> None:
    """Train a run that has ended for more epochs, as a new one.

    Nothing for a run without the weights of an epoch to go on from, or with all epochs there can be.
    """
    begin = services.store().last_epoch_kept(record)
    left = int(_MOST_EPOCHS) - (begin or 0)
    if begin is None or left < 1:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input(
            "More epochs",
            min_value=1,
            max_value=left,
            value=min(record.spec.epochs, left),
            step=1,
            key=f"more_epochs_{record.id}",
            width=130,
            help=f"A new run begins with the weights, and with what the optimiser remembers, of the end of epoch {begin} of this one.",
        )
        st.button("Continue", key="run_continue", icon=":material/resume:", on_click=presses.once(_continue), args=(record.id, int(epochs)))
    rates = build_rates(services.store().history(record.id), record.spec)
    words = [
        f"Goes on from the end of epoch {begin} as a new run, whose curves begin with these. This one stays as it is.",
        *_describe_left_behind(record, rates, begin),
        "A schedule is stretched over all the epochs.",
    ]
    st.caption(" ".join(words))


def _describe_left_behind(record: RunRecord, rates: RatesInfo, begin: int) -> Iterator[str]:
    """What a continuation from the end of epoch `begin` does without, a sentence each."""
    kept = record.kept_at or begin
    if begin < record.epochs_done:
        yield "The weights of later epochs were lost when it broke off: those epochs are trained anew."
    elif kept > begin:
        yield (
            f"The {describe_epoch(kept - begin)} epochs until it was stopped are not taken along but trained anew: "
            f"it does not go on from the weights after {describe_epoch(kept)} epochs, which the other pages use."
        )
    elif kept < begin:
        yield f"It does not go on from the weights of epoch {describe_epoch(kept)}, the best, which the other pages use, but from the last."
    if rates.is_changed:
        yield f"The learning rate is the schedule's again, not {rates.factor:g} times that, as you had changed it."


def _pause(run_id: str) -> None:
    with _told():
        services.compute().pause(run_id)


def _resume(run_id: str) -> None:
    with _told():
        services.compute().resume(run_id)


def _stop(run_id: str) -> None:
    with _told():
        services.compute().stop(run_id)


def _multiply_rate(run_id: str, factor: float) -> None:
    """By what is wished already, not by what the curves show: another click may come before the next step."""
    if not state.is_echo(f"rate {run_id} {factor}"):
        _change_rate(run_id, services.compute().steering(run_id).rate_factor * factor)


def _change_rate(run_id: str, factor: float) -> None:
    with _told():
        # Rounded, so that a tenth and then ten times is what it was.
        services.compute().change_rate(run_id, float(f"{factor:.6g}"))


def _continue(run_id: str, epochs: int) -> None:
    with frame.errors_shown():
        state.choose_run(services.compute().continue_run(run_id, epochs))


@contextmanager
def _told() -> Iterator[None]:
    """A user's mistake as a passing note: what is written on the page itself is gone with the next look, a fifth of a second later."""
    with frame.errors_shown():
        try:
            yield
        except InklingError as error:
            st.toast(plain(str(error)), icon=":material/error:", duration="long")
