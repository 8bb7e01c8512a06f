"""What people say of images that a network reads otherwise than their label says: giving a verdict, counting them, taking them home."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.datasets.image_set import Split
from core.figures.votes import choose_votes, describe_votes, vote_table
from core.predictions.scored import ScoredImages
from core.runs.ledger import Verdict, Vote
from pages.components import frame, presses, saving, services

_HELP = {
    Verdict.LABEL_WRONG: "Whoever labelled this image made a slip.",
    Verdict.AMBIGUOUS: "People would not agree on what it is.",
    Verdict.NETWORK_WRONG: "Anybody can see that the label is right.",
}


def find_votes(scored: ScoredImages) -> dict[int, Vote]:
    """The votes on these images, by position. Where the ledger can't be read, that is told, and there are none."""
    with frame.errors_shown():
        return choose_votes(scored, services.ledger().votes(scored.image_set.sha256))
    return {}


def render_vote(scored: ScoredImages, position: int, vote: Vote | None) -> None:
    """Three buttons, one for each verdict. The one that was given can be taken back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Who is right here?**", width="content")
        for number, verdict in enumerate(Verdict, start=1):
            given = vote is not None and vote.verdict == verdict
            st.button(
                verdict.capitalize(),
                icon=":material/check_circle:" if given else ":material/circle:",
                type="primary" if given else "secondary",
                key=f"vote_{number}",
                shortcut=str(number),
                help=f"{_HELP[verdict]} {'Choose it again to take the vote back.' if given else ''}".strip(),
                # Twice would take the vote back.
                on_click=presses.once(_vote),
                args=(scored.image_set.sha256, scored.split, position, None if given else verdict, scored.run_id),
            )
    st.caption("A vote is a note for people, kept on this machine: it changes no label and no accuracy.")


def render_votes(scored: ScoredImages, votes: Mapping[int, Vote]) -> None:
    """How many votes there are, and all of them as a file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(describe_votes(scored, votes), width="content")
        if votes:
            saving.offer_files(name=f"{scored.image_set.name}-{scored.kind}-votes", table=lambda: vote_table(scored, votes))


def _vote(dataset_sha256: str, split: Split, position: int, verdict: Verdict | None, run_id: str) -> None:
    with frame.errors_shown():
        services.ledger().vote(dataset_sha256, split, position, verdict, run_id)
