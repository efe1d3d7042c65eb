"""Silero VAD: how likely speech is, from 32 ms to the next. The network for 16 kHz.

A short-time Fourier transform as a convolution, four convolutions, and a recurrent cell. The package takes many steps at
once: what does not depend on the state is computed for all of them together.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill


class SileroVad(nn.Module):
    """audio N,576 (16 kHz, each step of 512 samples with the 64 before it) and state 2,1,128 (zeros at the start) to the
    probabilities N and the next state."""

    def __init__(self):
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm_cell = nn.LSTM(128, 128)
        self.final_conv = nn.Conv1d(128, 1, 1)

    def forward(self, audio: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        parts = self.stft_conv(F.pad(audio.unsqueeze(1), (0, 64), mode="reflect"))
        x = torch.sqrt(parts[:, :129] ** 2 + parts[:, 129:] ** 2)
        for_steps = F.relu(self.conv4(F.relu(self.conv3(F.relu(self.conv2(F.relu(self.conv1(x))))))))
        heard, (h, c) = self.lstm_cell(for_steps.squeeze(-1).unsqueeze(1), (state[:1], state[1:]))
        probability = torch.sigmoid(self.final_conv(F.relu(heard).transpose(1, 2)))
        return probability.flatten(), torch.cat((h, c))


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("stft_conv.weight", "lstm_cell.weight_ih", "final_conv.weight")
    return {"vad": table} if table else None


def build(tables: dict[str, Table], options: dict) -> Network:
    # PyTorch names the weights of a cell's only layer so.
    table = {name + ("_l0" if name.startswith("lstm_cell.") else ""): value for name, value in tables["vad"].items()}
    net = fill(SileroVad(), table)
    generator = torch.Generator().manual_seed(1)
    examples = [(torch.rand(steps, 576, generator=generator) - 0.5, torch.zeros(2, 1, 128)) for steps in (8, 3)]
    return Network(net, examples, ["audio", "state"], ["probability", "state"], channels=1)


SYSTEMS = [
    System("silero-vad", "speech-activity", "Silero VAD, finds speech", "Silero Team", "MIT",
           "Silero VAD: pre-trained enterprise-grade Voice Activity Detector (2024)",
           "https://github.com/snakers4/silero-vad", "silero_vad_16k.safetensors", find, build),
]
