"""Whisper's package and recognizer against the authors' code (openai-whisper), with stand-in weights. Nothing is fetched.

    whisper_parity.py BUILD       exit status 77 where PyTorch or openai-whisper isn't there

Two checkpoints with the published vocabularies and small random networks: one for many languages with 128 bins, as large-v3
has, and one for English with 80. The spectrum, what the encoder and the decoder give, and the tokens of a greedy search and
of one with beams are compared; so are words and times with the authors' transcribe().
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(ROOT / "plugins"), str(HERE)]

try:
    import torch
    import whisper
    from whisper import audio, decoding, tokenizer
    from whisper.model import ModelDimensions, Whisper
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python or openai-whisper is not installed; ./setup.sh test --all installs them")
    sys.exit(77)

from importing import ImportFailure, main  # noqa: E402
from tensors import error, read_tensors  # noqa: E402

LIMIT = 1e-4  # of the largest difference over the output's spread
STATE, HEADS, LAYERS = 48, 3, 2


def stand_in(bins: int, tokens: int, seed: int) -> Whisper:
    """Random weights, as large as lets the network depend on all that it sees."""
    generator = torch.Generator().manual_seed(seed)
    net = Whisper(ModelDimensions(bins, 1500, STATE, HEADS, LAYERS, tokens, 448, STATE, HEADS, LAYERS)).eval()
    with torch.no_grad():
        for name, weights in net.named_parameters():
            random = torch.randn(weights.shape, generator=generator)
            scale = weights[0].numel() ** -0.5 if weights.dim() > 1 else 0.1
            base = 1.0 if "ln" in name and name.endswith("weight") else 0.0
            weights.copy_(base + random * scale * (3 if "embedding" in name else 1.5))
    return net


def sound(seed: int, seconds: float) -> torch.Tensor:
    """Syllables of noise and tones."""
    generator = torch.Generator().manual_seed(seed)
    t = torch.arange(int(seconds * 16000)) / 16000
    tones = sum(torch.sin(2 * torch.pi * f * t + 3 * torch.sin(t * f / 40)) for f in (180.0, 700.0, 1900.0)) / 6
    return (tones + 0.1 * torch.randn(t.shape, generator=generator)) * (torch.sin(9 * t).clamp(0, 1) + 0.02)


def in_cpp(folder: Path, package: Path, samples: torch.Tensor, language: str) -> tuple[list[torch.Tensor], dict]:
    (folder / "sound").write_bytes(samples.float().numpy().tobytes())
    done = subprocess.run([BUILD / "bin/run_whisper", package, folder / "sound", folder / "out", language],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return read_tensors(folder / "out"), json.loads(done.stdout)


def same(what: str, expected: torch.Tensor, found: torch.Tensor) -> None:
    difference = error(expected, found)
    print(f"  {what}: differs by {difference:.1e} of its spread")
    assert difference < LIMIT, (what, difference)


def check_transcript(what: str, expected: decoding.DecodingResult, found: dict) -> None:
    assert found["tokens"] == expected.tokens, (what, expected.tokens, found["tokens"])
    assert found["text"] == expected.text, (what, expected.text, found["text"])
    assert abs(found["mean_log"] - expected.avg_logprob) < 1e-4, (what, expected.avg_logprob, found["mean_log"])
    assert abs(found["no_speech"] - expected.no_speech_prob) < 1e-5, what
    assert abs(found["compression"] - expected.compression_ratio) < 1e-9, what
    print(f"  {what}: the same {len(expected.tokens)} tokens, mean log probability {expected.avg_logprob:.4f}, "
          f"off by {abs(found['mean_log'] - expected.avg_logprob):.0e}")


def check_words(what: str, net: Whisper, samples: torch.Tensor, language: str | None, found: dict) -> None:
    """Against transcribe() as the recognizer uses it, without the guards: random weights would not pass them."""
    expected = whisper.transcribe(net, samples.numpy(), temperature=0.0, beam_size=5, condition_on_previous_text=False,
                                  language=language, fp16=False, logprob_threshold=None, no_speech_threshold=None,
                                  compression_ratio_threshold=None)
    assert found["language"] == expected["language"], (what, expected["language"], found["language"])
    segments = [s for s in expected["segments"] if s["text"].strip()]
    words = [word for s in segments for word in s["text"].split()]
    assert [w[0] for w in found["words"]] == words, (what, words, found["words"])
    starts, ends = {w[1] for w in found["words"]}, {w[2] for w in found["words"]}
    assert all(any(abs(s["start"] - t) < 1e-6 for t in starts) for s in segments), what
    assert all(any(abs(s["end"] - t) < 1e-6 for t in ends) for s in segments), what
    print(f"  {what}: the same {len(segments)} segments and {len(words)} words, language {found['language']}")


def check(folder: Path, name: str, net: Whisper, seconds: float, language: str, seed: int) -> None:
    print(f"{name}, {seconds} s:")
    checkpoint, package = folder / f"{name}.pt", folder / f"{name}-package.pt"
    torch.save({"dims": vars(net.dims), "model_state_dict": net.state_dict()}, checkpoint)
    main.run(["whisper", str(checkpoint), "-o", str(package)])
    samples = sound(seed, seconds)
    (whole, features, logits), said = in_cpp(folder, package, samples, language)
    expected = audio.log_mel_spectrogram(samples, net.dims.n_mels, padding=audio.N_SAMPLES)
    same("spectrum", expected, whole)
    content = expected.shape[1] - audio.N_FRAMES
    mel = audio.pad_or_trim(expected[:, :content], audio.N_FRAMES)
    heard = net.encoder(mel[None])
    same("encoder", heard, features)
    words = tokenizer.get_tokenizer(net.is_multilingual, num_languages=net.num_languages, language=language)
    same("decoder", net.decoder(torch.tensor([words.sot_sequence]), heard)[0], logits)
    task = decoding.DecodingTask(net, decoding.DecodingOptions(language=language, fp16=False))
    assert said["suppressed"] == list(task._get_suppress_tokens()), "suppressed tokens"
    for what, beam in (("greedy", None), ("beam", 5)):
        options = decoding.DecodingOptions(language=language, beam_size=beam, fp16=False)
        check_transcript(what, decoding.decode(net, mel, options), said[what])
    assert said["drawn"]["tokens"] and said["drawn"]["temperature"] == 0.7
    check_words("words", net, samples, language, said["given"])
    check_words("words in the language that is detected", net, samples, None, said["detected"])


def refused(folder: Path, checkpoint: Path) -> None:
    """One sentence each."""
    (folder / "words.tiktoken").write_text("IQ== 0\nIg== 1\n")
    (folder / "no.tiktoken").write_text("nothing of the kind\n")
    for words, expected in ((["--set", f"vocabulary={folder / 'words.tiktoken'}"], "expected 50257 tokens"),
                            (["--set", f"vocabulary={folder / 'no.tiktoken'}"], "found something else"),
                            (["--set", f"vocabulary={folder / 'none'}"], "no such file")):
        try:
            main.run(["whisper", str(checkpoint), "-o", str(folder / "refused.pt"), *words])
        except ImportFailure as failure:
            assert expected in str(failure) and "\n" not in str(failure), failure
        else:
            raise AssertionError(f"{words} was taken")
    assert not (folder / "refused.pt").exists()


def run() -> None:
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = Path(name)
        check(folder, "multilingual", stand_in(128, 51866, 3), 30.0, "de", 4)
        check(folder, "english", stand_in(80, 51864, 5), 7.3, "en", 6)
        refused(folder, folder / "multilingual.pt")
    print(f"compared with openai-whisper {whisper.__version__}")


if __name__ == "__main__":
    run()
