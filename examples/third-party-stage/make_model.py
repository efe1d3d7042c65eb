"""Makes detail.pt, the network of the stage `sharpen`: what a picture has and its blurred self lacks.

    python3 make_model.py detail.pt

A model package is TorchScript with a manifest, oldfilm.json, inside the same file.
"""

import json
import sys

import torch


class Detail(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        blur = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]) / 16
        kernel = -blur
        kernel[1, 1] += 1
        self.register_buffer("kernel", kernel.view(1, 1, 3, 3))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        padded = torch.nn.functional.pad(picture, (1, 1, 1, 1), mode="replicate")
        return torch.nn.functional.conv2d(padded, self.kernel)


MANIFEST = {
    "schema": 1,
    "id": "com.example.sharpen.detail",
    "version": "1.0.0",
    "task": "detail",
    "inputs": ["picture"],
    "outputs": ["picture"],
    "channels": 1,
    "scale": 1,
    "size_multiple": 1,
    "receptive_field": 1,
    "value_range": [0, 1],
    "precisions": ["float32"],
    "license": "BSD-3-Clause",
    "origin": "make_model.py",
    "training_data": [],
}

if __name__ == "__main__":
    torch.jit.save(torch.jit.script(Detail().eval()), sys.argv[1],
                   _extra_files={"oldfilm.json": json.dumps(MANIFEST)})
