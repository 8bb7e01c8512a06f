"""What people say of the labels, in words and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pandas as pd

from core.figures.numbers import format_count
from core.predictions.scored import ScoredImages
from core.runs.ledger import Verdict, Vote


def choose_votes(scored: ScoredImages, votes: Iterable[Vote]) -> dict[int, Vote]:
    """Those of a set's votes that were given to images in `scored`, by position."""
    known = set(scored.positions.tolist())
    return {vote.position: vote for vote in votes if vote.split == scored.split and vote.position in known}


def vote_table(scored: ScoredImages, votes: Mapping[int, Vote]) -> pd.DataFrame:
    """One row for each vote, for a file, in the order of `votes`. Prediction and probability are those of the network in `scored`."""
    scores, names = scored.scores, scored.class_names
    row_of = {position: row for row, position in enumerate(scored.positions.tolist())}
    rows = [row_of[position] for position in votes]
    return pd.DataFrame(
        {
            "position": list(votes),
            "true class": [names[scores.labels[row]] for row in rows],
            "prediction": [names[scores.predicted[row]] for row in rows],
            "probability": [round(float(scores.confidence[row]), 6) for row in rows],
            "verdict": [vote.verdict.value for vote in votes.values()],
            "when": [datetime.fromtimestamp(vote.given, UTC).isoformat(timespec="seconds") for vote in votes.values()],
        }
    )


def describe_votes(scored: ScoredImages, votes: Mapping[int, Vote]) -> str:
    """The votes on a network's mistakes counted, such as "3 voted on: 2 label wrong, 1 network wrong."; and how many there are besides."""
    wrong = set(scored.positions[scored.scores.wrong].tolist())
    given = [vote.verdict for position, vote in votes.items() if position in wrong]
    counts = [f"{format_count(given.count(verdict))} {verdict.value}" for verdict in Verdict if verdict in given]
    words = f"{format_count(len(given))} voted on: {', '.join(counts)}." if given else "None of these mistakes has been voted on yet."
    others = len(votes) - len(given)
    if not others:
        return words
    images = "1 more vote is on an image" if others == 1 else f"{format_count(others)} more votes are on images"
    return f"{words} {images} that this network reads right."
