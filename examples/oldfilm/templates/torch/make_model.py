"""Makes soften.pt, the stage's network: the mean of each pixel and its eight neighbors.

    python3 make_model.py        (needs PyTorch; soften.pt is here already, so only to change it)

A model package is TorchScript with a manifest, oldfilm.json, inside the same file.
"""

import json

import torch


class Soften(torch.nn.Module):
    def forward(self, picture: torch.Tensor) -> torch.Tensor:  # N x 1 x H x W, nominally [0, 1]
        padded = torch.nn.functional.pad(picture, (1, 1, 1, 1), mode="replicate")
        return torch.nn.functional.avg_pool2d(padded, 3, stride=1)


MANIFEST = {
    "schema": 1,
    "id": "com.example.soften",
    "version": "1.0.0",
    "task": "soften",  # what the stage asks for; a model of another task is refused
    "inputs": ["picture"],
    "outputs": ["picture"],
    "channels": 1,
    "scale": 1,
    "size_multiple": 1,  # oldfilm pads to it
    "receptive_field": 1,  # how far the network looks, in pixels; oldfilm overlaps tiles by it
    "value_range": [0, 1],
    "precisions": ["float32"],
    "license": "BSD-3-Clause",
    "origin": "make_model.py",
    "training_data": [],
}

if __name__ == "__main__":
    torch.jit.save(torch.jit.script(Soften().eval()), "soften.pt", _extra_files={"oldfilm.json": json.dumps(MANIFEST)})
