#!/usr/bin/env bash
# abi.sh BUILD [--update]: compares the libraries' ABI, types and their layout included, with the one that is kept here.
#
# The libraries are built once more, with debugging information, in BUILD/abi. With --update the kept ABI becomes the present one.
set -euo pipefail
build=$(cd "$1" && pwd)
update=${2:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..

cmake -S "$root" -B "$build/abi" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS=-g -DOLDFILM_TESTS=OFF \
    -DOLDFILM_EXAMPLES=OFF ${OLDFILM_TORCH:+-DOLDFILM_TORCH="$OLDFILM_TORCH"} >"$build/abi.log" 2>&1 ||
    { tail -n 20 "$build/abi.log" >&2; exit 1; }
cmake --build "$build/abi" --target oldfilm_media

changed=0
for library in base core media; do
    abidw --exported-interfaces-only --suppressions "$here/kept.ini" --headers-dir "$root/include/oldfilm" --drop-private-types --no-corpus-path \
        --no-comp-dir-path --no-show-locs --out-file "$build/abi/$library.abi" "$build/abi/lib/liboldfilm_$library.so"
    if [[ $update == --update ]]; then
        gzip -9n <"$build/abi/$library.abi" >"$here/$library.abi.gz"
        continue
    fi
    gzip -dc "$here/$library.abi.gz" >"$build/abi/$library.kept.abi"
    # Bits of the status: 4 the ABI changed, 8 incompatibly. What was only added is no change to those who use it.
    status=0
    abidiff --no-added-syms "$build/abi/$library.kept.abi" "$build/abi/$library.abi" || status=$?
    if ((status != 0)); then
        echo "liboldfilm_$library: the ABI changed; if that is meant, raise the SONAME's version and run abi.sh with --update" >&2
        changed=1
    fi
done
exit $changed
