#!/usr/bin/env bash
# Every block of code in README and docs/ is compiled or run against the installed package, page by page, in its order.
. "$(dirname "$0")/common.sh"
set -o pipefail
pages=$work/docs
rm -rf "$pages"
mkdir -p "$pages"
export OLDFILM_SOURCE=$source OLDFILM_JSON=$pages/json
export PATH=$prefix/bin:$PATH PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name oldfilm-core.pc)")

# Whether standard input is JSON.
printf '#!/bin/sh\nexec cmake -DTEXT="$(cat)" -P %s\n' "$pages/json.cmake" > "$OLDFILM_JSON"
printf 'string(JSON kind TYPE "${TEXT}")\n' > "$pages/json.cmake"
chmod +x "$OLDFILM_JSON"

# blocks PAGE DIR: writes its blocks as DIR/NUMBER.LANGUAGE.
blocks() {
    awk -v dir="$2" '
        /^```/ && !inside { n++; inside = 1; file = sprintf("%s/%02d.%s", dir, n, substr($0, 4)); printf "" > file; next }
        /^```/ { inside = 0; close(file); next }
        inside { print >> file }' "$1"
}

# cmake_project BLOCK DIR: a project around the block, with the sources that its page speaks of.
cmake_project() {
    mkdir -p "$2/project"
    {
        echo 'cmake_minimum_required(VERSION 3.22)'
        echo 'project(page LANGUAGES C CXX)'
        if grep -q 'PRIVATE oldfilm::media' "$1"; then echo 'add_executable(restore main.cpp)'; fi
        cat "$1"
    } > "$2/project/CMakeLists.txt"
    cp "$source"/examples/third-party-stage/sharpen.cpp "$source"/examples/third-party-stage/*.pt "$2/project/"
    if [[ -e $2/main.cpp ]]; then cp "$2/main.cpp" "$2/project/"; fi
    build_project "$2/project" "$2/project/build"
    if [[ -e $2/project/build/restore ]]; then
        (cd "$2" && quiet project/build/restore film.mkv made-by-program.mkv)
        [[ $(frames "$2/made-by-program.mkv") == 12* ]] || fail "the README's program did not make 12 frames at 24 a second"
    fi
}

read -ra flags <<< "$(pkg-config --cflags oldfilm-media)"
read -ra compiler <<< "${CMAKE_CXX_COMPILER_LAUNCHER:-} c++"
compile=("${compiler[@]}" -std=c++20 -Wall -Wextra -Werror -Wno-unused-variable -fsyntax-only "${flags[@]}")

# try BLOCK DIR
try() {
    case $1 in
        *.cpp)
            if grep -q 'int main' "$1"; then
                cp "$1" "$2/main.cpp"
                quiet "${compile[@]}" "$1"
            else
                # All of them are compiled at once: the headers take far longer than the blocks.
                fragments=$((fragments + 1))
                printf 'void block_%d() {\n#line 1 "%s"\n%s\n}\n' "$fragments" "$1" "$(cat "$1")" >> "$pages/fragments.cpp"
            fi
            ;;
        *.c)
            read -ra c_flags <<< "$(pkg-config --cflags oldfilm-sdk)"
            # The functions that it declares are the reader's to write.
            quiet cc -std=c11 -Wall -Wextra -fsyntax-only "${c_flags[@]}" -x c "$1"
            ;;
        *.cmake) cmake_project "$1" "$2" ;;
        *.json)
            "$OLDFILM_JSON" < "$1"
            if grep -q '"stages"' "$1"; then cp "$1" "$2/pipeline.json"; else cp "$1" "$2/hints.json"; fi
            ;;
        *.python) python3 -m py_compile "$1" && cp "$1" "$2/sharper.py" ;;
        *.sh) (cd "$2" && quiet bash -euo pipefail "$1") ;;
        *.text) ;; # what programs say
        *) fail "$1: a block of a language that no test knows" ;;
    esac
}

count=0 fragments=0
echo '#include "preamble.hpp"' > "$pages/fragments.cpp"
for page in "$source"/{README,CONTRIBUTING,SECURITY}.md "$source"/docs/*.md "$source"/docs/dev/*.md; do
    name=$(basename "$page" .md)
    here=$pages/$name
    mkdir -p "$here/blocks" "$here/build/bin"
    blocks "$page" "$here/blocks"
    cp "$work/film.mkv" "$here/film.mkv"
    cp "$work/film.mkv" "$here/reel.mkv"
    ffmpeg -v error -i "$work/film.mkv" -c:v mpeg4 "$here/film.avi"
    install -m 755 "$source/tests/docs/setup_stand_in.sh" "$here/setup.sh"
    ln -s "$prefix/bin/oldfilm" "$here/build/bin/oldfilm"
    ln -s "$source/plugins" "$here/plugins"
    export OLDFILM_MODEL_PATH=$here/models
    mkdir -p "$here/models"
    for block in "$here"/blocks/*; do
        [[ -e $block ]] || continue
        try "$block" "$here"
        count=$((count + 1))
        # A stage that was built lies where the page has it.
        if [[ ! -e $here/build/plugins && -d $here/project/build/plugins ]]; then ln -s ../project/build/plugins "$here/build/plugins"; fi
    done
done
quiet "${compile[@]}" -I "$source/tests/docs" "$pages/fragments.cpp"
((count >= 20)) || fail "only $count blocks were found"
rm -rf "$pages"
echo "$count blocks"
