"""Follows docs/models.md with its own network: `generic` makes a package of it that the stage runs.

    generic.py BUILD        exit status 77 where PyTorch isn't there
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(sys.argv[1]).resolve()

try:
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)


def main() -> None:
    page = (ROOT / "docs/models.md").read_text()
    network = re.search(r"```python\n(.*?)```", page, re.S)[1]
    commands = re.search(r"```sh\n(\./setup\.sh import generic.*?)```", page, re.S)[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sharper.py").write_text(network)
        spaces: dict = {}
        exec(compile(network, "sharper.py", "exec"), spaces)
        torch.manual_seed(1)
        sharper = spaces["Sharper"](8).eval()
        torch.save(sharper.state_dict(), folder / "sharper.pth")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=12", "-frames:v", "3",
                        "-c:v", "ffv1", folder / "reel.mkv"], check=True)
        # The page's own commands, with this build's programs.
        commands = (commands.replace("./setup.sh import", f"{sys.executable} {ROOT}/plugins/importing/main.py")
                    .replace("build/bin/", f"{BUILD}/bin/"))
        said = subprocess.run(["bash", "-euc", commands], cwd=folder, check=True, capture_output=True, text=True).stdout
        assert "scale            2" in said and "license          MIT" in said, said
        size = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0",
                               folder / "sharper.mp4"], check=True, capture_output=True, text=True).stdout.strip()
        assert size == "128,96", size
    print("docs/models.md's own example: imported, inspected, restored 64x48 to 128x96")


if __name__ == "__main__":
    main()
