"""Films and programs for the tests of films that many workers restore."""
import json
import os
import pathlib
import subprocess

# One thread each, which waits without using the processor: tests run side by side.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


class Place:
    """A folder, and the program that is run in it."""

    def __init__(self, build, folder):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = str(self.build / "bin" / "oldfilm")
        self.environment = {"OLDFILM_PLUGIN_PATH": str(self.build / "plugins"), **ENVIRONMENT}

    def begin(self, *words, limit=None, **more):
        """Starts the program; `limit`: no file grows above so many bytes, as on a full disk."""
        line = [self.program, *map(str, words)]
        if limit is not None:
            line = ["prlimit", f"--fsize={limit}", *line]
        return subprocess.Popen(line, cwd=self.folder, env={**self.environment, **more}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, status=0, **more):
        """Runs it to its end; returns what it printed, its errors included."""
        program = self.begin(*words, **more)
        out, error = program.communicate(timeout=300)
        if program.returncode != status:
            raise AssertionError(f"oldfilm {' '.join(map(str, words))}: status {program.returncode}, "
                                 f"expected {status}\n{out}{error}")
        return out + error

    def status(self, folder):
        return json.loads(self.run("status", folder, "--json"))

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def ffmpeg(self, *words):
        subprocess.run(["ffmpeg", "-v", "error", "-y", *words], cwd=self.folder, check=True)

    def film(self, name, shots, size="96x64", rate=16, sound=True):
        """A film of shots with so many frames each, and a tone."""
        kinds = ["testsrc2", "mandelbrot", "smptebars", "testsrc", "rgbtestsrc", "cellauto"]
        inputs, parts = [], ""
        for number, frames in enumerate(shots):
            inputs += ["-f", "lavfi", "-i", f"{kinds[number % len(kinds)]}=size={size}:rate={rate}"]
            parts += f"[{number}:v]trim=end_frame={frames},setpts=PTS-STARTPTS,format=yuv420p[v{number}];"
        parts += "".join(f"[v{number}]" for number in range(len(shots)))
        parts += f"concat=n={len(shots)},noise=alls=12:allf=t:all_seed=1[v]"
        streams = ["-map", "[v]"]
        if sound:
            inputs += ["-f", "lavfi", "-i", f"sine=duration={sum(shots) / rate}"]
            streams += ["-map", f"{len(shots)}:a", "-c:a", "aac"]
        self.ffmpeg(*inputs, "-filter_complex", parts, *streams, "-c:v", "ffv1", name)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_in(text, found):
    check(text in found, f"expected \"{text}\", found:\n{found}")
