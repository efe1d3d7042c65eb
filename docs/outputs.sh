#!/usr/bin/env bash
# outputs.sh BUILD [--check]: brings the pages up to date with what the programs say of themselves.
#
# Between "<!-- output: COMMAND -->" and "<!-- end -->" stands what COMMAND prints; "COMMAND | text" puts it into a block.
# With --check nothing is written, and a page that is out of date is an error.
set -euo pipefail

build=$(cd "${1:?usage: outputs.sh BUILD [--check]}" && pwd)
check=${2:-}
export PATH=$build/bin:$PATH
export OLDFILM_PLUGIN_PATH=$build/plugins
cd "$(dirname "${BASH_SOURCE[0]}")"

page_of() {
    local line skip=0 command
    while IFS= read -r line; do
        if [[ $line == '<!-- end -->' ]]; then skip=0; fi
        ((skip)) || printf '%s\n' "$line"
        if [[ $line =~ ^'<!-- output: '(.*)' -->'$ ]]; then
            command=${BASH_REMATCH[1]}
            skip=1
            if [[ $command == *' | text' ]]; then
                # Command lines wrap as terminals are wide, and end lines with blanks.
                printf '```text\n%s\n```\n' "$(COLUMNS=80 bash -c "${command% | text}" | sed 's/ *$//')"
            else
                printf '\n%s\n\n' "$(bash -c "$command")"
            fi
        fi
    done <"$1"
}

stale=()
for page in *.md; do
    made=$(page_of "$page")
    if [[ $made != "$(cat "$page")" ]]; then
        stale+=("$page")
        [[ $check == --check ]] || printf '%s\n' "$made" >"$page"
    fi
done
if [[ $check == --check ]] && ((${#stale[@]})); then
    echo "out of date: ${stale[*]}; docs/outputs.sh BUILD brings them up to date" >&2
    exit 1
fi
