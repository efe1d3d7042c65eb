#!/usr/bin/env bash
# dockerfile_test.sh SOURCE: what the Dockerfile names exists: commands of setup.sh, packages of CPack, a shell's syntax.
# Docker itself is not needed.
set -euo pipefail
cd "$1"
failed=0
wrong() {
    echo "Dockerfile: $1" >&2
    failed=1
}
text=$(sed -e ':join; /\\$/ { N; s/\\\n//; b join }' Dockerfile)
while IFS= read -r command; do
    sh -n -c "$command" || wrong "$command"
done < <(sed -nE 's/^RUN +//p' <<<"$text")
while IFS= read -r word; do
    ./setup.sh --help | grep -qE "^  $word( |\$)" || wrong "setup.sh has no command $word"
done < <(grep -oP '\./setup\.sh \K\S+' <<<"$text")
while IFS= read -r package; do
    grep -qE "foreach\(pair .*:${package}[ )]" cmake/OldfilmPackages.cmake || wrong "CPack makes no package $package"
done < <(grep -oP '[\w-]+(?=_\*\.deb)' <<<"$text")
exit "$failed"
