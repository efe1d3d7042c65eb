#!/bin/sh
# The CMake package says exactly what is missing; pkg-config leads to the same program.
. "$(dirname "$0")/common.sh"

# refused SENTENCE COMPONENTS [CMAKE_OPTION...]
refused() {
    sentence=$1 components=$2
    shift 2
    rm -rf "$work/asks"
    mkdir "$work/asks"
    cat > "$work/asks/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.22)
project(asks LANGUAGES C CXX)
find_package(oldfilm 0.1 CONFIG REQUIRED COMPONENTS $components)
TEXT
    ! cmake -S "$work/asks" -B "$work/asks/build" -DCMAKE_PREFIX_PATH="$prefix" "$@" > "$work/asks.log" 2>&1 ||
        fail "components $components were found with $*"
    tr -s '\n ' ' ' < "$work/asks.log" | grep -qF "$sentence" || {
        cat "$work/asks.log"
        fail "no \"$sentence\""
    }
}
refused "LibTorch was not found" core -DOLDFILM_TORCH=/nonexistent
refused "OpenCV was not found" "core opencv" -DCMAKE_DISABLE_FIND_PACKAGE_OpenCV=ON
refused "there are base, core, media, speech, check, c, sdk, opencv" "core pictures"
sed 's/^set(oldfilm_has_media TRUE)/set(oldfilm_has_media FALSE)/' -i.whole "$prefix"/lib*/cmake/oldfilm/oldfilmConfig.cmake
refused "built without FFmpeg" media
mv "$prefix"/lib*/cmake/oldfilm/oldfilmConfig.cmake.whole "$(dirname "$prefix"/lib*/cmake/oldfilm/oldfilmConfig.cmake)/oldfilmConfig.cmake"

pc=$(dirname "$(find "$prefix" -name oldfilm-core.pc)")
export PKG_CONFIG_PATH="$pc"
for name in sdk core media c; do
    quiet pkg-config --exists --print-errors "oldfilm-$name >= 0.1"
done
launcher=${CMAKE_CXX_COMPILER_LAUNCHER:-}
cp "$source/examples/01-file-to-file/main.cpp" "$work/by-hand.cpp"
# shellcheck disable=SC2046,SC2086 # these are lists of words
(cd "$work" && quiet $launcher c++ -std=c++20 -Wall -Wextra -Werror $(pkg-config --cflags oldfilm-media) -c by-hand.cpp -o by-hand.o &&
    quiet c++ by-hand.o -o by-hand $(pkg-config --libs oldfilm-media))
rm -f "$work/by-hand.mkv"
"$work/by-hand" "$work/film.mkv" "$work/by-hand.mkv" > /dev/null
[ "$(frames "$work/by-hand.mkv")" = 8 ] || fail "the program built with pkg-config lost frames"
# shellcheck disable=SC2046
quiet cc -std=c11 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags oldfilm-c) "$source/examples/10-c-api/main.c" \
    $(pkg-config --libs oldfilm-c) -o "$work/c-by-hand"
(cd "$work" && quiet ./c-by-hand film.mkv c-by-hand.mkv)
[ "$(frames "$work/c-by-hand.mkv")" = 8 ] || fail "the program in C that was built with pkg-config lost frames"
# shellcheck disable=SC2046
quiet cc -std=c11 -shared -fPIC $(pkg-config --cflags --libs oldfilm-sdk) "$source/tests/plugins/plain.c" -o "$work/plain.so"
