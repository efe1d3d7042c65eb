#!/usr/bin/env bash
# wheel_test.sh SOURCE BUILD WORK TORCH_ROOT PYTHON: packs the build tree as a wheel, installs it in an empty
# virtual environment and restores a film, in Python and with the command. The environment sees the PyTorch of
# TORCH_ROOT instead of downloading it. Status 77 (skipped), with the reason, where that cannot be imported or the
# tools are missing.
set -euo pipefail
source=$1 build=$2 work=$3 torch=$(dirname "$4") python=$5
for module in auditwheel wheel; do
    "$python" -c "import $module" 2>/dev/null ||
        { echo "skipped: $python has no $module; ./setup.sh test --all installs it"; exit 77; }
done
if ! reason=$(PYTHONPATH=$torch "$python" -c 'import torch' 2>&1); then
    echo "skipped: $python cannot import torch: ${reason##*$'\n'}"
    exit 77
fi
rm -rf "$work"
mkdir -p "$work/films"
"$python" "$source/src/bindings/wheel.py" "$build" "$work/dist"
"$python" -m venv "$work/env"
packages=$(echo "$work"/env/lib/python3*/site-packages)
echo "$torch" >"$packages/torch.pth"
"$work/env/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps "$work"/dist/*.whl \
    'nanobind-backend==1.*'
"$work/env/bin/python" -m pip check | grep -i oldfilm && { echo "a requirement is not met"; exit 1; }
# Nothing of the build tree, nor of the system's FFmpeg and OpenCV.
cd "$work/films"
unset PYTHONPATH LD_LIBRARY_PATH OLDFILM_PLUGIN_PATH
PYTHONPATH=$source/tests/bindings "$work/env/bin/python" - <<'PY'
import pathlib
import films
import oldfilm

here = pathlib.Path(oldfilm.__file__).parent
assert "site-packages" in here.parts, here
names = {plugin.name for plugin in oldfilm.plugins() if not plugin.refused}
assert {"scratch-removal", "superres", "interpolate", "colorize"} <= names, names
films.write(pathlib.Path("film.mkv"), 24)
result = oldfilm.restore("film.mkv", "python.mkv", ["scratch-removal", "superres:scale=2"], device="cpu", codec="ffv1")
assert (result.frames_in, result.frames_out) == (24, 24), result
assert oldfilm.inspect_media("python.mkv").width == 2 * films.WIDTH
maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
loaded = {pathlib.Path(line.split(maxsplit=5)[5]) for line in maps if ".so" in line}
for name in ("libavcodec", "libopencv_core", "libfmt"):
    found = {path.parent.name for path in loaded if path.name.startswith(name)}
    assert found == {"oldfilm.libs"}, (name, found)
for name in ("libtorch_cpu", "libgomp"):
    found = {path for path in loaded if path.name.startswith(name)}
    assert len(found) == 1 and "torch" in str(found), (name, found)
PY
OMP_NUM_THREADS=$("$work/env/bin/python" -c 'import torch; print(torch.get_num_threads())') \
    "$work/env/bin/oldfilm" restore film.mkv command.mkv --stage scratch-removal --stage superres:scale=2 --device cpu \
    --codec ffv1
cmp python.mkv command.mkv
test -s "$(echo "$packages"/oldfilm-*.dist-info/licenses/LICENSE)"
ls "$packages"/oldfilm-*.dist-info/licenses/bundled/libavcodec*.txt
echo "the wheel: $(du -m "$work"/dist/*.whl | cut -f 1) MiB"
