"""One loss, one name."""

from __future__ import annotations

import pytest

from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.losses import LOSSES
from core.networks.objective import PLAIN, describe_objective, name_loss, name_objective
from core.networks.spec import TrainingSpec

SMOOTHED = TrainingSpec(loss="categorical_crossentropy", label_smoothing=0.1)
PENALISED = TrainingSpec(hidden=(Conv2DLayer(l2=0.001), DenseLayer(l2=0.01), DenseLayer(l2=0.01)))


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_the_form_of_the_labels_does_not_change_the_number(loss: str) -> None:
    assert name_objective(TrainingSpec(loss=loss)) == PLAIN
    assert describe_objective(TrainingSpec(loss=loss)) == "The loss is the cross-entropy, the one that Score tells too."


def test_all_other_losses_and_whatever_is_added_have_names_of_their_own() -> None:
    specs = [*(TrainingSpec(loss=name) for name in LOSSES), SMOOTHED, PENALISED]
    assert len({name_objective(spec) for spec in specs}) == len(specs) - 1
    assert name_objective(SMOOTHED) == "cross-entropy, labels smoothed by 0.1"
    assert name_objective(PENALISED) == "cross-entropy, with L2 penalties of 0.001 and 0.01"
    assert "Score tells the plain cross-entropy, which is another number." in describe_objective(PENALISED)


def test_sentences_call_a_loss_by_its_name() -> None:
    assert name_loss(PLAIN, "validation") == "validation cross-entropy"
    assert name_loss(name_objective(SMOOTHED), "training") == "training loss (cross-entropy, labels smoothed by 0.1)"
