"""Whisper: speech to text, in one language or in a hundred. All sizes, from tiny to large-v3 and turbo.

The package holds both halves of the network, which one call runs each: the encoder for 30 seconds of sound, and the decoder
for the next tokens. Keys and values of attention that a later call needs are outputs of one call and inputs of the next. The
vocabulary lies next to the network, as the authors' package has it.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, ImportFailure, Network, Option, System, Table, fill

# The dimensions, as the checkpoint names them.
DIMS = ("n_mels", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer",
        "n_vocab", "n_text_ctx", "n_text_state", "n_text_head", "n_text_layer")
# Languages in the order of their tokens (LANGUAGES in the authors' tokenizer.py). Older checkpoints lack the last one.
LANGUAGES = """en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml
cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht
ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue""".split()
TEXT_TOKENS = {False: 50256, True: 50257}  # by whether the vocabulary is the one for many languages
OTHER_TOKENS = 8 + 1501  # special ones without the languages', and times from 0 to 30 s


class Attention(nn.Module):
    def __init__(self, state: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(state, state)
        self.key = nn.Linear(state, state, bias=False)
        self.value = nn.Linear(state, state)
        self.out = nn.Linear(state, state)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, [self.heads, -1]).transpose(1, 2)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, is_causal: bool) -> Tensor:
        heard = F.scaled_dot_product_attention(self.split(self.query(x)), self.split(keys), self.split(values),
                                               is_causal=is_causal)
        return self.out(heard.transpose(1, 2).flatten(2))


def mlp(state: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(state, 4 * state), nn.GELU(), nn.Linear(4 * state, state))


class EncoderBlock(nn.Module):
    def __init__(self, state: int, heads: int):
        super().__init__()
        self.attn = Attention(state, heads)
        self.attn_ln = nn.LayerNorm(state)
        self.mlp = mlp(state)
        self.mlp_ln = nn.LayerNorm(state)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.attn_ln(x)
        x = x + self.attn(normal, self.attn.key(normal), self.attn.value(normal), False)
        return x + self.mlp(self.mlp_ln(x))


class DecoderBlock(nn.Module):
    def __init__(self, state: int, heads: int):
        super().__init__()
        self.attn = Attention(state, heads)
        self.attn_ln = nn.LayerNorm(state)
        self.cross_attn = Attention(state, heads)
        self.cross_attn_ln = nn.LayerNorm(state)
        self.mlp = mlp(state)
        self.mlp_ln = nn.LayerNorm(state)

    def forward(self, x: Tensor, past: Tensor, cross: Tensor) -> tuple[Tensor, Tensor]:
        """x N,T,S; past 2,N,P,S and cross 2,A,S: keys and values. Gives x and the new rows 2,N,T,S of past."""
        normal = self.attn_ln(x)
        rows = torch.stack((self.attn.key(normal), self.attn.value(normal)))
        known = torch.cat((past, rows), 2)
        x = x + self.attn(normal, known[0], known[1], x.shape[1] > 1)
        # All sequences hear the same sound: their tokens are queries of one sequence.
        queries = self.cross_attn_ln(x).flatten(0, 1).unsqueeze(0)
        x = x + self.cross_attn(queries, cross[:1], cross[1:], False).view_as(x)
        return x + self.mlp(self.mlp_ln(x)), rows


class Encoder(nn.Module):
    def __init__(self, dims: dict[str, int]):
        super().__init__()
        state = dims["n_audio_state"]
        self.conv1 = nn.Conv1d(dims["n_mels"], state, 3, padding=1)
        self.conv2 = nn.Conv1d(state, state, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", torch.zeros(dims["n_audio_ctx"], state))
        self.blocks = nn.ModuleList(EncoderBlock(state, dims["n_audio_head"]) for _ in range(dims["n_audio_layer"]))
        self.ln_post = nn.LayerNorm(state)

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2) + self.positional_embedding
        for block in self.blocks:
            x = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, dims: dict[str, int]):
        super().__init__()
        state = dims["n_text_state"]
        self.token_embedding = nn.Embedding(dims["n_vocab"], state)
        self.positional_embedding = nn.Parameter(torch.zeros(dims["n_text_ctx"], state))
        self.blocks = nn.ModuleList(DecoderBlock(state, dims["n_text_head"]) for _ in range(dims["n_text_layer"]))
        self.ln = nn.LayerNorm(state)

    def cross(self, features: Tensor) -> Tensor:
        parts: list[Tensor] = []
        for block in self.blocks:
            parts.append(block.cross_attn.key(features))
            parts.append(block.cross_attn.value(features))
        return torch.cat(parts)

    def forward(self, tokens: Tensor, past: Tensor, cross: Tensor) -> tuple[Tensor, Tensor]:
        """past 2L,N,P,S: keys and values of L layers."""
        first = past.shape[2]
        x = self.token_embedding(tokens) + self.positional_embedding[first:first + tokens.shape[1]]
        rows: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            x, new = block(x, past[2 * i:2 * i + 2], cross[2 * i:2 * i + 2])
            rows.append(new)
        return F.linear(self.ln(x), self.token_embedding.weight), torch.cat(rows)


class Whisper(nn.Module):
    """A call for the encoder gives `mel`, one for the decoder the rest; an input of 1,1,1 counts as left out, and outputs of
    the other half are empty.

    Encoder: mel 1,M,2A (M bins, A positions of 20 ms) to features 1,A,S and to cross 2L,A,S, what the decoder's L layers
    attend to in it (keys and values in turn).
    Decoder: tokens N,T (N sequences), past 2LN,P,S (what it said of the P tokens before; left out at the start, T is 1
    elsewhere), cross to logits N,T,V and to rows 2LN,T,S, what belongs into `past` next.
    """

    def __init__(self, dims: dict[str, int]):
        super().__init__()
        self.layers = 2 * dims["n_text_layer"]
        self.state = dims["n_text_state"]
        self.encoder = Encoder(dims)
        self.decoder = Decoder(dims)

    def forward(self, mel: Tensor, tokens: Tensor, past: Tensor, cross: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        nothing = mel.new_zeros([0])
        if mel.numel() > 1:
            features = self.encoder(mel)
            return features, self.decoder.cross(features), nothing, nothing
        count = tokens.shape[0]
        if past.numel() > 1:
            known = past.unflatten(0, [self.layers, count])
        else:
            known = mel.new_zeros([self.layers, count, 0, self.state])
        logits, rows = self.decoder(tokens.to(torch.int64), known, cross)
        return nothing, nothing, logits, rows.flatten(0, 1)


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("encoder.conv1.weight", "decoder.token_embedding.weight", "decoder.blocks.0.cross_attn.key.weight")
    dims = next((d for d in checkpoint.numbers.values() if all(name in d for name in DIMS)), None)
    return {"weights": table, "dims": {name: torch.tensor(dims[name]) for name in DIMS}} if table and dims else None


def build(tables: dict[str, Table], options: dict) -> Network:
    dims = {name: int(value) for name, value in tables["dims"].items()}
    multilingual = dims["n_vocab"] > TEXT_TOKENS[False] + OTHER_TOKENS + 99  # as the authors' code tells them apart
    languages = dims["n_vocab"] - TEXT_TOKENS[multilingual] - OTHER_TOKENS
    if not 1 <= languages <= len(LANGUAGES):
        raise ImportFailure(f"expected a vocabulary of 51864 to 51866 tokens, found {dims['n_vocab']}; the file is of another "
                            "version of Whisper")
    vocabulary = read_vocabulary("multilingual" if multilingual else "gpt2", options["vocabulary"], TEXT_TOKENS[multilingual])
    net = fill(Whisper(dims), tables["weights"], ignore=r"decoder\.mask|alignment_heads")
    more = {"dims": dims, "multilingual": multilingual, "languages": LANGUAGES[:languages], "sample_rate": 16000,
            "training_data": ["680,000 hours of sound from the web with transcripts; large-v3: 5 million hours; see the paper"]}
    return Network(net, examples(dims), ["mel", "tokens", "past", "cross"], ["features", "cross", "logits", "rows"], channels=1,
                   more=more, files={"vocabulary": vocabulary})


def read_vocabulary(name: str, given: str, count: int) -> str:
    """A token's bytes (base64) on each line, in the order of their numbers. The vocabulary for many languages has an empty
    one."""
    path = Path(given) if given else installed_vocabulary(name)
    if not path.is_file():
        raise ImportFailure(f"expected the vocabulary {name}.tiktoken at '{path}', and there is no such file; install the Python "
                            f"package openai-whisper (pip install --no-deps), or name the file: --set vocabulary={name}.tiktoken")
    try:
        rows = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        tokens = [base64.b64encode(base64.b64decode(token)).decode() for token, _ in rows]
        numbers = [int(number) for _, number in rows]
    except (ValueError, binascii.Error):  # a UnicodeDecodeError is a ValueError
        raise ImportFailure(f"expected a vocabulary (base64 and a number on each line) in '{path}', found something else; name "
                            f"{name}.tiktoken of the package openai-whisper") from None
    if numbers != list(range(count)):
        raise ImportFailure(f"expected {count} tokens in '{path}', found {len(rows)}; this checkpoint belongs to {name}.tiktoken")
    return "".join(token + "\n" for token in tokens)


def installed_vocabulary(name: str) -> Path:
    """Where the authors' Python package has it, which is not run."""
    found = importlib.util.find_spec("whisper")
    folders = list(found.submodule_search_locations or []) if found else []
    return Path(folders[0] if folders else ".") / "assets" / f"{name}.tiktoken"


def examples(dims: dict[str, int]) -> list[tuple[Tensor, ...]]:
    """For the encoder, for the decoder's start, and for two sequences that go on."""
    generator = torch.Generator().manual_seed(1)
    none, layers = torch.zeros(1, 1, 1), 2 * dims["n_text_layer"]
    mel = torch.rand(1, dims["n_mels"], 2 * dims["n_audio_ctx"], generator=generator)
    cross = torch.randn(layers, dims["n_audio_ctx"], dims["n_text_state"], generator=generator)
    past = torch.randn(2 * layers, 3, dims["n_text_state"], generator=generator)
    start, following = torch.tensor([[5.0, 6.0, 7.0]]), torch.tensor([[8.0], [9.0]])
    return [(mel, none, none, none), (none, start, none, cross), (none, following, past, cross)]


SYSTEMS = [
    System("whisper", "speech-recognition", "Whisper, speech to text", "OpenAI", "MIT",
           "Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision (2022), arXiv:2212.04356",
           "https://github.com/openai/whisper",
           "tiny.pt, base.pt, small.pt, medium.pt (and .en.pt of each), large-v1.pt, large-v2.pt, large-v3.pt, large-v3-turbo.pt",
           find, build,
           {"vocabulary": Option("", "multilingual.tiktoken, or gpt2.tiktoken for .en; default: that of the installed "
                                     "Python package openai-whisper")}),
]
