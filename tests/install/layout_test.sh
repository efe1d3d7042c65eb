#!/bin/sh
# What was installed: complete, versioned, exporting the public API alone, pointing nowhere into the build.
. "$(dirname "$0")/common.sh"
lib=$(dirname "$(find "$prefix" -name liboldfilm_base.so)")

for file in bin/oldfilm bin/oldfilm-describe include/oldfilm/plugin.h include/oldfilm/sdk/luma.hpp share/man/man1/oldfilm.1 \
    share/bash-completion/completions/oldfilm share/oldfilm/templates/torch/soften.pt \
    share/oldfilm/models.json share/oldfilm/importers/importing/add.py share/oldfilm/importers/training/package.py; do
    [ -e "$prefix/$file" ] || fail "$file is not installed"
done

for name in base core media speech check; do
    library=$lib/liboldfilm_$name.so
    [ "$(readlink "$library")" = "liboldfilm_$name.so.0" ] || fail "$library is no link to its SONAME"
    readelf -d "$library" | grep -q "SONAME.*\[liboldfilm_$name.so.0\]" || fail "$library has no SONAME"
    # oldfilm::base::... is what the project's own libraries share; nothing else may show.
    strange=$(nm -DC --defined-only "$library" | cut -c20- |
        grep -Ev '^(oldfilm::[A-Za-z_*/+<>=-]|(vtable|typeinfo|typeinfo name) for oldfilm::Error$)' || true)
    [ -z "$strange" ] || fail "$library exports more than the public API: $strange"
    # What oldfilm::check takes from oldfilm::core is listed; no installed header declares it.
    private=$(nm -DC --defined-only "$library" | cut -c20- |
        grep -E '^oldfilm::[A-Za-z]+::Impl::|^oldfilm::(stage|media|device|model|check)::' |
        grep -vxFf "$source/tests/install/shared-symbols.txt" || true)
    [ -z "$private" ] || fail "$library exports private parts: $private"
done

# The C API exports its functions and nothing else; one that is gone breaks programs.
c_symbols() {
    nm -D --defined-only "$lib/liboldfilm_c.so" | cut -d' ' -f3 | LC_ALL=C sort
}
[ "$(c_symbols)" = "$(cat "$source/tests/install/c-symbols.txt")" ] ||
    fail "the C API is not what tests/install/c-symbols.txt lists, but: $(c_symbols)"

# What records CUDA graphs is loaded from next to oldfilm::core, where it could be built.
if [ -e "$binary/lib/liboldfilm_cuda.so" ]; then
    cuda=$(nm -D --defined-only "$lib/liboldfilm_cuda.so" | cut -c20-)
    [ "$cuda" = oldfilm_cuda_half ] || fail "$lib/liboldfilm_cuda.so exports: $cuda"
fi

# A function that is gone, or has other arguments, breaks programs that were built with this version.
symbols() {
    nm -DC --defined-only "$lib"/liboldfilm_*.so | cut -c20- | grep '^oldfilm::' | grep -Ev '^oldfilm::(base|stage|pipeline|job)::' | LC_ALL=C sort -u
}
listed=$source/tests/install/api-symbols.txt
symbols > "$work/api-symbols.txt"
gone=$(LC_ALL=C comm -23 "$listed" "$work/api-symbols.txt")
[ -z "$gone" ] || fail "the API lost: $gone
If that is meant, raise the version, and copy $work/api-symbols.txt to $listed"
new=$(LC_ALL=C comm -13 "$listed" "$work/api-symbols.txt")
[ -z "$new" ] || echo "new in the API: $new
Copy $work/api-symbols.txt to $listed, so that it stays."

# LibTorch stays where it was, and that may be in the build's own environment; nothing else may.
site=$(dirname "$torch")
find "$prefix" -type f \( -name '*.so*' -o -path '*/bin/*' \) | while read -r file; do
    paths=$(readelf -d "$file" | sed -n 's/.*R.*PATH.*\[\(.*\)\]/\1/p' | tr ':' '\n' | grep -F "$source" | grep -vF "$site" || true)
    [ -z "$paths" ] || fail "$file looks for libraries in $paths"
done
left=$(grep -rlIF "$source" "$prefix" | while read -r file; do
    grep -F "$source" "$file" | grep -qvF "$site" && echo "$file" || true
done)
[ -z "$left" ] || fail "these point into the source or build folder: $left"

bash -n "$prefix/share/bash-completion/completions/oldfilm"
"$prefix/bin/oldfilm" --version | grep -q LibTorch || fail "oldfilm --version names no LibTorch"
"$prefix/bin/oldfilm" plugins | grep -q '^superres ' || fail "the installed plugins are not found"
! "$prefix/bin/oldfilm" plugins | grep '^test-' || fail "plugins of the tests are installed"
