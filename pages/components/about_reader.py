"""Who reads: what a network learned from, and the card of the one that comes with Inkling."""

from __future__ import annotations

import streamlit as st

from core.drawing.reader import Reader
from core.figures.novelty import describe_limit, describe_misread, flagged_table
from core.figures.numbers import format_count, format_seconds
from core.rates import format_percent, format_range
from core.shipped.card import SHIPPED, Card, load_card
from pages.components import saving, tables
from pages.components.words import plain


def show_classes(reader: Reader) -> None:
    """One line on what the network learned, so that one knows what to draw."""
    st.caption(plain(f"It learned to tell apart: {', '.join(reader.class_names)}."))


def show_about(reader: Reader) -> None:
    """The card of the shipped network, to be opened."""
    if reader.id == SHIPPED:
        with st.expander("About this network", icon=":material/id_card:"):
            _show_card(load_card())


def _show_card(card: Card) -> None:
    st.markdown(
        f"Trained by Inkling itself on {format_count(card.training_images)} images of MNIST; you can make it anew with "
        f"`python -m core pretrain`. On the {format_count(card.test_images)} test images it is right for "
        f"**{format_percent(card.test_accuracy, 2)}** (95 % interval {format_range(*card.test_accuracy_interval, 2)}). "
        f"{describe_misread(card)}"
    )
    st.table(_facts(card), hide_header=True)
    st.markdown("**What it calls unlike anything it has seen**")
    table = flagged_table(card)
    tables.show_table(table, hide_index=True)
    st.caption(
        "Each share with its 95 % interval. It learned from none of these pictures, nor are there fonts of theirs among the "
        "printed digits that it compares with. "
        f"{describe_limit()} Look for kinds of which many pass: there its answer means little. "
        "The energy of its outputs, another way to tell, is beside it for comparison."
    )
    saving.offer_files(name="shipped-network-novelty", table=lambda: table)
    for limit in card.limits:
        st.markdown(f"- {plain(limit)}")


def _facts(card: Card) -> dict[str, str]:
    layers = "-".join(layer.short for layer in card.spec.hidden if layer.short)
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    return {
        "Layers": f"{layers}, {format_count(card.parameters)} parameters",
        # In two halves: a word so long would be cut off.
        "Data": f"MNIST, SHA-256 {card.dataset_sha256[:32]} {card.dataset_sha256[32:]}",
        "Held back": f"{format_count(card.validation_images)} images, which set the limit of what is called novel",
        "Augmentation": plain(card.augmentation),
        "Training": f"{card.spec.epochs} epochs in {format_seconds(card.seconds)} on {card.made}, seed {card.spec.seed}",
        "Computed with": plain(versions),
        "Fonts of the printed digits": plain(", ".join(card.printed_fonts)),
    }
