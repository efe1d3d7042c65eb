#!/bin/sh
# Plugins of every kind (plain C, LibTorch, two stages in one library, one that leans on another library), made
# with the system's compiler and with clang, keep their contract.
. "$(dirname "$0")/common.sh"

# passes LIBRARY LAST_LINE: check-plugin finds nothing to fail.
passes() {
    "$prefix/bin/oldfilm" check-plugin "$1" --slower 4 > "$work/check.log" 2>&1 || {
        cat "$work/check.log"
        fail "$1 does not pass check-plugin"
    }
    grep -q "$2" "$work/check.log" || {
        cat "$work/check.log"
        fail "check-plugin says of $1 not \"$2\""
    }
}
for compiler in cc clang; do
    if ! command -v "$compiler" > /dev/null || { [ "$compiler" = clang ] && ! command -v clang++ > /dev/null; }; then
        echo "skipped: plugins made with $compiler; it is not installed"
        continue
    fi
    cxx=$([ "$compiler" = clang ] && echo clang++ || echo c++)
    built=$work/kinds-$compiler
    build_project "$source/tests/install/kinds" "$built" -DSOURCES="$source/tests/plugins" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_CXX_COMPILER="$cxx"
    for plugin in test-plain-c two-in-one test-good; do
        passes "$built/plugins/$plugin.so" '0 failed, 0 with a warning'
    done
    passes "$built/plugins/two-with-another.so" 'linked to libshared-gain.so'
done
