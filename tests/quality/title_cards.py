#!/usr/bin/env python3
"""title_cards.py BUILD FOLDER [--cards N]: how well `oldfilm transcribe` reads title cards.

Makes a film for each typeface, with cards whose text and times are known, aged as old prints are: blur, low contrast,
grain, gate weave, flicker, dust, shading. Reports the character error rate (Levenshtein distance by the length of the
truth, rows joined by blanks), how far the times are off, and cards that were missed or invented. Fails above 2 %.

The typefaces are of the time of silent film, by Debian's fonts-goudybookletter (Goudy Bookletter, 1911),
fonts-oldstandard (Old Standard, after books of 1900) and fonts-gfs-didot (Didot). Needs ffmpeg, NumPy and OpenCV.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import cv2
import numpy as np

from edit_distance import edit_distance

FONTS = {
    "Goudy Bookletter 1911": "/usr/share/fonts/opentype/sortsmill/GoudyBookletter1911.otf",
    "Old Standard": "/usr/share/fonts/truetype/fonts-oldstandard/OldStandard-Regular.ttf",
    "GFS Didot": "/usr/share/fonts/opentype/didot/GFSDidot.otf",
}
TEXTS = [
    "At the edge of the town\nlived an old clockmaker\nwith his only daughter.",
    "\"You must never open\nthe door while I am away!\"",
    "That night the stranger\nreturned to the inn and\nasked for the keys.",
    "Three weeks later -\nthe letter from Boston\nreached the captain.",
    "\"Father, forgive me. I did\nnot know that he was\nyour brother.\"",
    "Meanwhile the miners had\ndiscovered the hidden\nentrance to the valley.",
    "\"Quick, John! The train\nleaves at half past nine!\"",
    "And so they parted,\nnever to meet again\nuntil the spring of 1917.",
    "The Sheriff and his men\nfollow the bandits\nacross the river.",
    "\"If you love her, tell\nher the truth before\nit is too late.\"",
    "Ruined by the fire,\nMrs. Ward is forced to\nsell the family farm.",
    "END OF PART ONE",
]
WIDTH, HEIGHT, RATE = 640, 480, 16
CARD, PICTURE = 40, 24  # frames


def drawn(text, font, size, folder):
    """The card's letters in [0, 1], in the middle of each row, by ffmpeg's drawtext."""
    rows = text.split("\n")
    filters = []
    for i, row in enumerate(rows):
        name = folder / f"row{i}.txt"
        name.write_text(row, encoding="utf-8")
        y = HEIGHT / 2 + (i - len(rows) / 2) * size * 1.5 + size
        filters.append(f"drawtext=fontfile='{font}':textfile='{name}':fontsize={size}:fontcolor=white"
                       f":x=(w-tw)/2:y={y:.0f}-ascent")
    made = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=black:s={WIDTH}x{HEIGHT}",
                           "-vf", ",".join(filters), "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
                          check=True, capture_output=True)
    return np.frombuffer(made.stdout, np.uint8).reshape(HEIGHT, WIDTH) / 255


def aged(card, rng, level, contrast, frames):
    """Frames of a print: the same card with another place, tone, grain and dust in each."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    shade = 1 - 0.25 * (((x - WIDTH / 2) / WIDTH) ** 2 + ((y - HEIGHT / 2) / HEIGHT) ** 2) * 2
    soft = cv2.GaussianBlur(card, (0, 0), rng.uniform(0.7, 1.3))
    for _ in range(frames):
        dx, dy = rng.normal(0, 0.8, 2)
        moved = cv2.warpAffine(soft, np.float32([[1, 0, dx], [0, 1, dy]]), (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        picture = (level + contrast * moved) * shade * rng.uniform(0.93, 1.07)
        grain = cv2.GaussianBlur(rng.normal(0, 1, picture.shape), (0, 0), 0.7)
        picture = picture + grain / grain.std() * rng.uniform(10, 16) / 255
        for _ in range(rng.poisson(6)):
            at = (int(rng.integers(WIDTH)), int(rng.integers(HEIGHT)))
            cv2.circle(picture, at, int(rng.integers(1, 4)), float(rng.choice([0.05, 0.9])), -1)
        yield (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def scenery(rng, frames):
    """Pictures between cards: soft shapes that move."""
    base = cv2.resize(rng.uniform(0, 1, (14, 20)), (WIDTH + 60, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for i in range(frames):
        part = base[:, 2 * i:2 * i + WIDTH] + rng.normal(0, 0.03, (HEIGHT, WIDTH))
        yield (np.clip(0.15 + 0.6 * part, 0, 1) * 255).astype(np.uint8)


def make_film(path, font, cards, seed, folder):
    """Returns what is shown: text, start, end."""
    rng = np.random.default_rng(seed)
    encoder = subprocess.Popen(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s",
                                f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-", "-c:v", "ffv1", str(path)],
                               stdin=subprocess.PIPE)
    truth, number = [], 0
    for i in range(cards):
        for picture in scenery(rng, PICTURE):
            encoder.stdin.write(picture.tobytes())
        number += PICTURE
        text = TEXTS[i % len(TEXTS)]
        card = drawn(text, font, int(rng.integers(32, 44)), folder)
        is_dark_on_bright = i % 6 == 5
        contrast = rng.uniform(0.35, 0.75)
        level = 0.85 if is_dark_on_bright else rng.uniform(0.06, 0.16)
        for picture in aged(card, rng, level, -contrast if is_dark_on_bright else contrast, CARD):
            encoder.stdin.write(picture.tobytes())
        truth.append((text.replace("\n", " "), number / RATE, (number + CARD) / RATE))
        number += CARD
    encoder.stdin.close()
    if encoder.wait() != 0:
        sys.exit("title_cards.py: ffmpeg failed")
    return truth


def plain(text):
    """As it is typed: typographic quotes and dashes are the same characters."""
    for fancy, simple in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("—", "-"), ("–", "-")):
        text = text.replace(fancy, simple)
    return " ".join(text.split())


def compare(truth, lines):
    """(errors, characters, worst time, missed, invented); says what differs."""
    errors = characters = missed = 0
    worst, used = 0.0, set()
    for text, start, end in truth:
        characters += len(text)
        found = [i for i, line in enumerate(lines) if line["start"] < end and line["end"] > start and i not in used]
        if not found:
            missed += 1
            errors += len(text)
            print(f"    missed: {text}")
            continue
        line = lines[found[0]]
        used.add(found[0])
        got = plain(line["text"])
        wrong = edit_distance(text, got)
        errors += wrong
        worst = max(worst, abs(line["start"] - start), abs(line["end"] - end))
        if wrong:
            print(f"    {wrong}: {text!r} read as {got!r}")
    return errors, characters, worst, missed, len(lines) - len(used)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cards", type=int, default=12)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, OLDFILM_PLUGIN_PATH=str(arguments.build / "plugins"))
    totals = [0, 0]
    for seed, (name, font) in enumerate(FONTS.items()):
        if not os.path.exists(font):
            sys.exit(f"title_cards.py: {font} is not there; install fonts-goudybookletter fonts-oldstandard "
                     "fonts-gfs-didot")
        film, found = arguments.folder / f"cards{seed}.mkv", arguments.folder / f"cards{seed}.json"
        truth = make_film(film, font, arguments.cards, seed, arguments.folder)
        subprocess.run([str(arguments.build / "bin/oldfilm"), "transcribe", str(film), "-o", str(found), "--overwrite"],
                       check=True, env=environment)
        errors, characters, worst, missed, invented = compare(truth, json.loads(found.read_text())["lines"])
        totals[0] += errors
        totals[1] += characters
        print(f"{name:24} {100 * errors / characters:6.2f} % of {characters} characters wrong, times within "
              f"{worst:.3f} s, {missed} missed, {invented} invented", flush=True)
    rate = 100 * totals[0] / totals[1]
    print(f"{'all':24} {rate:6.2f} %")
    sys.exit(rate > 2)


if __name__ == "__main__":
    main()
