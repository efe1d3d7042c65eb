#!/usr/bin/env bash
# words.sh SOURCE_DIR: checks spelling (codespell), the words of words.txt, and the length of lines. Prints what it finds
# as "FILE:LINE: WORD -> SAY INSTEAD" and then ends with status 1.
set -euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:?usage: words.sh SOURCE_DIR}"

# What each check reads, from SOURCE_DIR. Prose is Markdown without code and generated parts, and the comments of headers.
PAGES=(README.md CONTRIBUTING.md SECURITY.md docs/*.md docs/dev/*.md)
SPELLING=("${PAGES[@]}" CHANGELOG.md docs include src plugins examples tests) # whole files: misspellings
AMERICAN=("${PAGES[@]}" CHANGELOG.md)                                         # prose: British spelling
SOURCES=(include src plugins examples tests setup.sh)                         # whole files: British spelling
WORDS=("${PAGES[@]}" CHANGELOG.md include/oldfilm/{,*/,*/*/}*.h*)               # prose: words.txt
LENGTH=("${PAGES[@]}")                                                        # lines of at most LONGEST characters
LONGEST=120
# Rows of a table that a test compares as they are (tests/pipeline/pipeline_test.cpp).
# shellcheck disable=SC2016
MAY_BE_LONG='^\| `(silent-film|newsreel|home-movie|tv-archive|photo|showcase-1896|showcase-video)` \|'
NO_TEXT='*/tests/docs/words*,tests/docs/words*,*.pt,*.jpg,*.png,*.gz,*.f32,*.exr,*.dpx,*/fuzz/seeds/*,*/__pycache__/*'

if ! command -v codespell >/dev/null; then
    echo "codespell was not found, which checks the spelling; install the Debian package codespell" >&2
    exit 1
fi

prose=$(mktemp -d)
trap 'rm -rf "$prose"' EXIT
found=0

# prose_of FILE: its prose, each line in its place.
prose_of() {
    case $1 in
        *.md)
            awk '
                /^```/ { code = !code; print ""; next }
                /^<!-- output:/ { made = 1 }
                /^<!-- end -->/ { made = 0 }
                code || made || /^[ \t]*$/ { if (!code) open = 0; print ""; next }
                {
                    n = split($0, part, "`")
                    text = open ? "" : part[1]
                    for (i = 2; i <= n; i++) { open = !open; text = text " "; if (!open) text = text part[i] }
                    gsub(/\]\([^)]*\)/, "]", text)
                    gsub(/https?:[^ )]*/, "", text)
                    print text
                }' "$1"
            ;;
        *)
            awk '
                {
                    text = ""
                    if (block) text = $0
                    else if ((at = index($0, "//")) > 0 && substr($0, at - 1, 1) != ":") text = substr($0, at + 2)
                    else if ((at = index($0, "/*")) > 0) { block = 1; text = substr($0, at + 2) }
                    if (block && (at = index(text, "*/")) > 0) { block = 0; text = substr(text, 1, at - 1) }
                    gsub(/`[^`]*`/, " ", text)
                    print text
                }' "$1"
            ;;
    esac
}

# extract FILE...: their prose below $prose.
extract() {
    local file
    for file in "$@"; do
        [[ -e $prose/$file ]] && continue
        mkdir -p "$prose/$(dirname "$file")"
        prose_of "$file" >"$prose/$file"
    done
}

# report: prints the lines of standard input, and notes that there were some.
report() {
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        found=1
    done
}

spelling() { # BUILTIN PATH...
    local builtin=$1
    shift
    codespell --builtin "$builtin" --ignore-words "$here/codespell-ignore.txt" --skip "$NO_TEXT" "$@" || true
}

report < <(spelling clear,rare "${SPELLING[@]}" | sed 's/ ==> / -> /; s#^\./##' | sort -u)

extract "${AMERICAN[@]}" "${WORDS[@]}"
report < <(cd "$prose" && spelling en-GB_to_en-US "${AMERICAN[@]}" | sed 's/ ==> / -> /; s#^\./##')
# "grey" is a tensor's name in the manifests of colorizing models, "licence" a key in old ones, and FFmpeg prints
# "Colour".
report < <(spelling en-GB_to_en-US --ignore-regex "[\"'\`](grey|licence)[\"'\`]|Display Colour" "${SOURCES[@]}" | sed 's/ ==> / -> /; s#^\./##')

while IFS=$'\t' read -r word instead; do
    [[ -z $word || $word == '#'* ]] && continue
    report < <(cd "$prose" && { grep -HnoiP "\\b($word)\\b" "${WORDS[@]}" || true; } |
        awk -v instead="$instead" '{ match($0, /^[^:]*:[^:]*:/); print substr($0, 1, RLENGTH) " " substr($0, RLENGTH + 1) " -> " instead }')
done <"$here/words.txt"

report < <(awk -v most="$LONGEST" -v may="$MAY_BE_LONG" '
    FNR == 1 { made = 0 }
    /^<!-- output:/ { made = 1 }
    /^<!-- end -->/ { made = 0 }
    length($0) > most && !made && $0 !~ may {
        text = $0
        gsub(/https?:[^ )]*/, "", text) # an address cannot be broken
        if (length(text) > most || text == $0)
            print FILENAME ":" FNR ": " length($0) " characters -> at most " most
    }' "${LENGTH[@]}")

((found == 0)) || exit 1
echo "spelling, words and lines: nothing found"
