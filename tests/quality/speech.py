#!/usr/bin/env python3
"""speech.py BUILD FOLDER [--detector NAME] [--voices NAME] [--sentences N]: how well `oldfilm transcribe` recognizes speech.

Known text is read by espeak-ng, which makes voices of formants, and by Flite (in ffmpeg), which makes them of recorded
sounds. The speech is clean, limited to what an optical track holds (100 to 4000 Hz), and with white noise 20 and 10 dB
below it. Reports the word error rate (Levenshtein distance of words by the number of words in the truth), and how far from
the truth lines begin. Music, noise and silence must give nothing. Needs espeak-ng, an ffmpeg with Flite, and NumPy.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import wave

import numpy as np

from edit_distance import edit_distance

RATE = 16000
SENTENCES = [
    "The old man walked down to the river every morning.",
    "He looked at the water and thought about his life.",
    "When the train arrived nobody was waiting at the station.",
    "She took her bag and went home alone.",
    "Please do not forget to bring the letter that your father wrote.",
    "The captain told his men to wait until the storm was over.",
    "There was a small house at the end of the street.",
    "My brother has worked in this factory for twenty years.",
    "The president said that the war would soon be over.",
    "We have seen many people in the city today.",
    "They found the money under the floor of the kitchen.",
    "I will never leave you again as long as I live.",
]

VOICES = {"espeak-ng": ("en-us", "en-us+f3"), "Flite": ("flite:slt", "flite:rms")}


def save(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def filtered(path, filters, target):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(path), "-af", filters, "-ar", str(RATE), "-ac", "1", str(target)],
                   check=True)
    with wave.open(str(target)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def read_aloud(sentence, voice, path):
    if voice.startswith("flite"):
        command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"flite=voice={voice[6:]}:text='{sentence}'", str(path)]
    else:
        command = ["espeak-ng", "-v", voice, "-s", "140", "-w", str(path), sentence]
    subprocess.run(command, check=True)


def spoken(sentences, voices, folder):
    """Sound, and for each sentence when it is said."""
    parts, times, at = [np.zeros(RATE)], [], RATE
    for i, sentence in enumerate(sentences):
        voice = folder / "voice.wav"
        read_aloud(sentence, voices[i % 2], voice)
        samples = filtered(voice, "anull", folder / "voice16.wav")
        times.append((at / RATE, (at + len(samples)) / RATE))
        parts += [samples, np.zeros(RATE * 6 // 10)]
        at += len(samples) + RATE * 6 // 10
    sound = np.concatenate(parts + [np.zeros(RATE)])
    return sound / np.abs(sound).max() * 0.7, times


def with_noise(sound, decibels):
    power = (sound[np.abs(sound) > 0.01] ** 2).mean() / 10 ** (decibels / 10)
    return sound + np.random.default_rng(1).standard_normal(len(sound)) * power ** 0.5


def music(seconds, seed, pace, fade, drums):
    """Chords and a melody of tones with harmonics, plucked or held; with drums or without."""
    random = np.random.default_rng(seed)
    sound, at = np.zeros(RATE * seconds), 0.0
    while at < seconds - 2:
        lasts = pace * random.choice([0.5, 1, 2])
        t = np.arange(int(lasts * RATE)) / RATE
        begin = int(at * RATE)
        for key in (random.choice([12, 14, 16, 19, 21, 24]), 0, 4, 7):
            pitch = 165 * 2 ** ((key + random.choice([0, 5, 7])) / 12)
            tone = sum(np.sin(2 * np.pi * pitch * k * t) / k ** 1.3 for k in range(1, 9))
            sound[begin:begin + len(t)] += tone * np.exp(-fade * t) * np.minimum(t / 0.01, 1)
        if drums:
            hit = random.standard_normal(1500) * np.exp(-np.arange(1500) / 400)
            sound[begin:begin + 1500] += hit
        at += lasts
    return sound / np.abs(sound).max() * 0.6


def words_of(text):
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def transcribed(sound, name, arguments, options):
    """The lines, or none where the command says that nobody speaks."""
    path, found = arguments.folder / f"{name}.wav", arguments.folder / f"{name}.json"
    save(path, sound)
    found.unlink(missing_ok=True)
    words = [str(arguments.build / "bin/oldfilm"), "transcribe", str(path), "-o", str(found), *options]
    words += ["--detector", arguments.detector] if arguments.detector else []
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0 and "no speech was recognized" not in done.stderr:
        sys.exit(done.stderr)
    return json.loads(found.read_text())["lines"] if found.exists() else []


def measure(synthesizer, clean, times, sentences, arguments):
    save(arguments.folder / "clean.wav", clean)
    narrow = filtered(arguments.folder / "clean.wav", "highpass=f=100:p=2,lowpass=f=4000:p=2,lowpass=f=4000:p=2",
                      arguments.folder / "narrow.wav")
    truth = words_of(" ".join(sentences))
    conditions = [("clean", clean, []), ("100 to 4000 Hz", narrow, []), ("and noise at 20 dB", with_noise(narrow, 20), []),
                  ("and noise at 10 dB", with_noise(narrow, 10), []),
                  ("the same, --clean-sound", with_noise(narrow, 10), ["--clean-sound"])]
    print(f"{synthesizer}: detector {arguments.detector}, {len(truth)} words in {len(clean) / RATE:.0f} s", flush=True)
    for name, sound, options in conditions:
        lines = transcribed(sound, "speech", arguments, options)
        found = words_of(" ".join(line["text"] for line in lines))
        begins = [min((abs(line["start"] - start) for line in lines), default=9.0) for start, _ in times]
        print(f"  {name:26} word error rate {100 * edit_distance(truth, found) / len(truth):5.1f} %, "
              f"sentences begin within {np.median(begins):.2f} s (median)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--detector", default="spectral")
    parser.add_argument("--voices", default="all", choices=["all", *VOICES])
    parser.add_argument("--sentences", type=int, default=len(SENTENCES))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sentences = SENTENCES[:arguments.sentences]
    for synthesizer, voices in VOICES.items():
        if arguments.voices not in ("all", synthesizer):
            continue
        measure(synthesizer, *spoken(sentences, voices, arguments.folder), sentences, arguments)
    silence = {"silence": np.zeros(20 * RATE)}
    silence["white noise"] = np.random.default_rng(2).standard_normal(20 * RATE) * 0.05
    tunes = {f"music, {what}": music(20, seed, pace, fade, drums) for seed, (what, pace, fade, drums) in enumerate(
        [("plucked", 0.4, 2.0, False), ("fast", 0.25, 6.0, False), ("with drums", 0.4, 4.0, True), ("held", 0.5, 0.2, False)])}
    for name, sound in {**silence, **tunes}.items():
        lines = transcribed(sound, "other", arguments, [])
        print(f"{name:26} {sum(len(line['words']) for line in lines)} words", flush=True)


if __name__ == "__main__":
    main()
