"""A plain PyTorch loop, in a process of its own: PyTorch and TensorFlow can't always live in one. `training_speed` starts it.

It needs nothing but PyTorch and NumPy, so that it can run in another environment. A JSON document on its standard input says
what to train; the seconds at the end of each epoch come out as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from torch import nn


def build(layers: list[dict[str, Any]]) -> nn.Sequential:
    """The network of a recipe: ReLU layers, valid convolutions, pooling, normalisation and dropout, and scores at its end."""
    kinds = {
        "flatten": lambda layer: [nn.Flatten()],
        "dense": lambda layer: [nn.Linear(layer["inputs"], layer["outputs"]), nn.ReLU()],
        "output": lambda layer: [nn.Linear(layer["inputs"], layer["outputs"])],
        "conv2d": lambda layer: [nn.Conv2d(layer["inputs"], layer["outputs"], layer["kernel"]), nn.ReLU()],
        "max_pooling2d": lambda layer: [nn.MaxPool2d(layer["size"])],
        "batch_normalization": lambda layer: [nn.BatchNorm2d(layer["outputs"])],
        "dropout": lambda layer: [nn.Dropout(layer["rate"])],
    }
    return nn.Sequential(*(part for layer in layers for part in kinds[layer["kind"]](layer)))


def train(task: dict[str, Any]) -> list[float]:
    """The loop of every PyTorch tutorial, with the pixels in memory and nothing printed, which is kind to it."""
    with np.load(task["images"]) as arrays:
        images, labels = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"]).long()
    network = build(task["layers"])
    parameters = sum(parameter.numel() for parameter in network.parameters())
    if parameters != task["parameters"]:
        raise ValueError(f"the network has {parameters:,} parameters; expected {task['parameters']:,}")
    optimiser = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[task["optimiser"]](network.parameters(), lr=task["learning_rate"])
    compute_loss = nn.CrossEntropyLoss()
    began, ends = time.perf_counter(), []
    for _ in range(task["epochs"]):
        for chosen in torch.randperm(len(images)).split(task["batch_size"]):
            pixels = images[chosen].float().div_(task["max_value"])
            # Channels first here.
            pixels = pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)
            optimiser.zero_grad()
            compute_loss(network(pixels), labels[chosen]).backward()
            optimiser.step()
        ends.append(time.perf_counter() - began)
    return ends


if __name__ == "__main__":
    json.dump(train(json.load(sys.stdin)), sys.stdout)
