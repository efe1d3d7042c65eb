#!/usr/bin/env python3
"""simulation.py [--films N] [--frames N] [--workers N] [--failures RATE] ...: many workers on many films, on paper.

Workers run what docs/cluster.md runs for many films: `oldfilm work FOLDER --claim --no-wait` on a film that is handed
out to them, then on films that are not done, by lot; a film whose items are done is finished. Simulated are the folder (names, times
of the last touch, records of segments), the protocol of src/cluster/claims.hpp and src/cluster/working.cpp, step by
step, and workers that die in the middle of a segment: their machines come back after a while, their claims expire.
Workers that are only silent (a network that stops for some minutes) go on after others have taken over their items.

Reported: utilization (the part of the workers' time that went into frames of segments that were recorded first, while
there was an item for every worker, and of all the time), the tail, items and segments that are missing or were published
twice, and operations per second on the shared folder, counted as the calls that the program makes.
"""
import argparse
import heapq
import json
import random

SEGMENT = 250  # frames, at most; src/job/segmentation.hpp
SILENCE = 300  # seconds that a network is away


class Costs:
    """As measured on two cores with AMX; see docs/cluster.md."""

    def __init__(self, arguments):
        self.frame = arguments.frame_seconds  # restores a frame
        self.skip = arguments.skip_seconds  # decodes a frame without making a picture
        self.start = arguments.start_seconds  # begins with a film: models are opened
        self.look = arguments.look_seconds  # lists a film's folders
        self.claim = arguments.claim_seconds  # a claim that is not touched expires


class Operations:
    """Calls on the shared folder."""
    LOOK = 14  # the plan, the lists of segments (read in parts), claims and failures
    STATE = 6  # a claim is read and looked at; a file is made, looked at and removed for the time
    TAKE = 3  # created, written, synced
    BEGIN = 2  # the working folder, and its removal
    SEGMENT = 12  # created, synced, renamed; the same for its record; the folder is synced twice
    TOUCH = 1
    FINISH_SEGMENT = 6  # the record and the file are read, linked and removed; the journal is synced


class Film:
    """A folder with a plan: items of whole shots, each of segments."""
    __slots__ = ("items", "claims", "recorded", "open", "published", "again", "first")

    def __init__(self, frames, item_frames, generator):
        self.items, self.first = [], []  # lengths of segments, by item
        at = 0
        while at < frames:
            length = min(frames - at, max(24, int(generator.gauss(item_frames, item_frames / 5))))
            if frames - at - length < item_frames / 4:
                length = frames - at
            segments = [min(SEGMENT, length - done) for done in range(0, length, SEGMENT)]
            self.items.append(segments)
            self.first.append(at)
            at += length
        self.claims = {}  # item: [generation, holder, its epoch; None: given up]
        self.recorded = [0] * len(self.items)  # segments, in order
        self.open = set(range(len(self.items)))
        self.published = 0
        self.again = 0  # segments that were written over by the same bytes


class Worker:
    __slots__ = ("number", "film", "position", "reader", "epoch", "silent_until", "deaths")

    def __init__(self, number):
        self.number = number
        self.film = None  # that it was given, until that is done
        self.position = None  # of items; None: the film is not open
        self.reader = 0
        self.epoch = 0  # counts deaths: what was due before them is void
        self.silent_until = 0
        self.deaths = []  # when each epoch ended


class Simulation:
    def __init__(self, arguments):
        self.a = arguments
        self.random = random.Random(arguments.seed)
        self.costs = Costs(arguments)
        item_frames = arguments.item_seconds / self.costs.frame
        self.films = [Film(arguments.frames, item_frames, self.random) for _ in range(arguments.films)]
        self.unfinished = list(range(len(self.films)))
        self.place = {film: film for film in self.unfinished}  # where it is in that list
        self.workers = [Worker(number) for number in range(arguments.workers)]
        self.events, self.count = [], 0
        self.now = 0.0
        self.useful = 0.0
        self.useful_before_tail = 0.0
        self.tail_begins = None
        self.operations = 0
        self.handed_out = 0
        self.deaths = self.silences = self.takeovers = 0
        self.done_at = 0.0

    def at(self, time, worker, action, *what):
        self.count += 1
        heapq.heappush(self.events, (time, self.count, worker.number, worker.epoch, action, what))

    def film_of(self, worker):
        """A list hands out each film once, as GNU parallel or Slurm do; then any that is not done, by lot."""
        if worker.film is None:
            worker.film = self.handed_out if self.handed_out < len(self.films) else self.random.choice(self.unfinished)
            self.handed_out += 1
        return worker.film

    # The protocol, as in working.cpp and claims.cpp.
    def look(self, worker):
        """Session::run: lists what is open, and claims the first item from its position on that is free."""
        if not self.unfinished:
            return
        film_number = self.film_of(worker)
        film = self.films[film_number]
        self.operations += Operations.LOOK
        wait = self.costs.look
        if worker.position is None:
            worker.position = self.random.randrange(len(film.items))  # a hash of host and process
            worker.reader = None
        in_order = sorted(film.open)
        split = next((i for i, item in enumerate(in_order) if item >= worker.position), 0)
        for item in in_order[split:] + in_order[:split]:
            claim = film.claims.get(item)
            if claim is not None:
                self.operations += Operations.STATE
                if self.now - self.last_touch(claim) < self.costs.claim:
                    continue
            self.at(self.now + wait, worker, self.take, film_number, item, claim[0] if claim else 0)
            return
        worker.position = worker.film = None  # --no-wait: another film
        pause = self.costs.look if self.has_free(worker) else self.costs.claim / 4
        self.at(self.now + wait + pause, worker, self.look)

    def has_free(self, worker):
        """Whether it pays to look at once: a script that loops over films pauses when a round found nothing."""
        return self.tail_begins is None

    def last_touch(self, claim):
        """Claim::touch: four times in the time of a claim, by a thread of its own, until its process ends."""
        _, number, epoch = claim
        if epoch is None:
            return -1e18  # given up: the time 0
        holder = self.workers[number]
        if epoch < len(holder.deaths):
            return holder.deaths[epoch]
        return holder.silent_until - SILENCE if self.now < holder.silent_until else self.now

    def take(self, worker, film_number, item, before):
        """Claims::take: creates the next generation, unless somebody has."""
        film = self.films[film_number]
        self.operations += Operations.TAKE
        claim = film.claims.get(item)
        if (claim[0] if claim else 0) != before:  # O_EXCL: it exists
            self.at(self.now, worker, self.look)
            return
        if claim is not None:
            self.takeovers += 1
        film.claims[item] = [before + 1, worker.number, worker.epoch]
        if item not in film.open:  # completed since it was listed
            self.look_again(worker, film, item)
            return
        self.operations += Operations.BEGIN
        segment = film.recorded[item]
        first = film.first[item] + sum(film.items[item][:segment])
        wait = 0.0
        if worker.reader is None or worker.reader > first:  # another film, or backwards: from its start
            wait += self.costs.start if worker.reader is None else 0.3
            worker.reader = 0
        wait += (first - worker.reader) * self.costs.skip
        worker.reader = first
        self.at(self.now + wait, worker, self.begin_segment, film_number, item, before + 1, segment)

    def begin_segment(self, worker, film_number, item, generation, segment):
        seconds = self.films[film_number].items[item][segment] * self.costs.frame
        self.at(self.now + seconds, worker, self.end_segment, film_number, item, generation, segment, seconds)

    def end_segment(self, worker, film_number, item, generation, segment, seconds):
        """ItemRecorder::add, and the touches since the last one."""
        film = self.films[film_number]
        if self.now < worker.silent_until:  # the folder is away: it waits
            self.at(worker.silent_until, worker, self.end_segment, film_number, item, generation, segment, seconds)
            return
        self.operations += Operations.SEGMENT + Operations.TOUCH * int(seconds / self.costs.claim * 4 + 1)
        worker.reader += film.items[item][segment]
        if film.recorded[item] == segment:
            film.recorded[item] += 1
            self.useful += seconds
        else:
            film.again += 1  # the same bytes once more
        if segment + 1 < len(film.items[item]):
            self.begin_segment(worker, film_number, item, generation, segment + 1)
            return
        film.open.discard(item)
        self.look_again(worker, film, item)
        if not film.open:
            self.finish(film_number)

    def look_again(self, worker, film, item):
        claim = film.claims[item]
        if claim[1] == worker.number and claim[2] == worker.epoch:
            claim[2] = None
            self.operations += Operations.TOUCH
        worker.position = item + 1
        self.look(worker)

    def finish(self, film_number):
        film = self.films[film_number]
        if film.published:
            return
        film.published += 1
        self.operations += Operations.FINISH_SEGMENT * sum(map(len, film.items))
        place = self.place.pop(film_number)
        last = self.unfinished.pop()
        if last != film_number:
            self.unfinished[place] = last
            self.place[last] = place
        self.done_at = self.now

    # What goes wrong.
    def fate(self, worker):
        """The next failure of its machine: one in ten is a silence of five minutes, the others are deaths."""
        return self.now + self.random.expovariate(self.a.failures / 3600) if self.a.failures else None

    def fail(self, worker):
        if self.random.random() < 0.1:
            self.silences += 1
            worker.silent_until = self.now + SILENCE
        else:
            self.deaths += 1
            worker.deaths.append(self.now)
            worker.epoch += 1
            worker.position = None
            self.at(self.now + self.a.down_seconds, worker, self.look)
        self.at(self.fate(worker), worker, self.fail)

    def run(self):
        for worker in self.workers:
            self.at(self.random.random() * 60, worker, self.look)
            if self.a.failures:
                self.at(self.fate(worker), worker, self.fail)
        while self.events and self.unfinished:
            self.now, _, number, epoch, action, what = heapq.heappop(self.events)
            worker = self.workers[number]
            if epoch != worker.epoch:
                continue
            if self.tail_begins is None and self.is_tail():
                self.tail_begins = self.now
                self.useful_before_tail = self.useful
            action(worker, *what)
        return self.figures()

    def is_tail(self):
        """Fewer items than workers: not all of them can be busy. Looked at now and then, since counting takes time."""
        if self.count % 5000 or len(self.unfinished) > len(self.workers):
            return False
        return sum(len(self.films[film].open) for film in self.unfinished) < len(self.workers)

    def figures(self):
        begins = self.tail_begins or self.done_at
        before = self.useful_before_tail if self.tail_begins else self.useful
        items = sum(len(film.items) for film in self.films)
        return {
            "films": len(self.films),
            "items": items,
            "hours": round(self.done_at / 3600, 2),
            "utilization": round(before / (begins * len(self.workers)), 4),
            "utilization_with_tail": round(self.useful / (self.done_at * len(self.workers)), 4),
            "deaths": self.deaths,
            "silences": self.silences,
            "takeovers": self.takeovers,
            "segments_written_again": sum(film.again for film in self.films),
            "items_lost": sum(len(film.open) for film in self.films),
            "films_not_published_once": sum(film.published != 1 for film in self.films),
            "operations_per_second": round(self.operations / self.done_at, 1),
            "operations_per_frame": round(self.operations / sum(sum(map(sum, film.items)) for film in self.films), 3),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--films", type=int, default=10000)
    parser.add_argument("--frames", type=int, default=100000, help="of each film")
    parser.add_argument("--workers", type=int, default=2000)
    parser.add_argument("--failures", type=float, default=0.01, help="of each worker, in an hour")
    parser.add_argument("--down-seconds", type=float, default=600, help="until the machine of a dead worker is back")
    parser.add_argument("--item-seconds", type=float, default=300)
    parser.add_argument("--frame-seconds", type=float, default=0.375)
    parser.add_argument("--skip-seconds", type=float, default=0.0017)
    parser.add_argument("--start-seconds", type=float, default=5)
    parser.add_argument("--look-seconds", type=float, default=0.05)
    parser.add_argument("--claim-seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--least", type=float, default=0, help="fail below this utilization")
    arguments = parser.parse_args()
    figures = Simulation(arguments).run()
    print(json.dumps(figures, indent=1))
    if figures["items_lost"] or figures["films_not_published_once"]:
        raise SystemExit("an item was lost, or a film was not published once")
    if figures["utilization"] < arguments.least:
        raise SystemExit(f"the utilization must be {arguments.least} or more")


if __name__ == "__main__":
    main()
