#!/usr/bin/env bash
# site.sh BUILD: builds the documentation as a site in BUILD/docs/html, and checks every link in it. Warnings are errors.
set -euo pipefail

build=$(cd "${1:?usage: site.sh BUILD}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rm -rf "$build/docs/html"
mkdir -p "$build/docs"
OLDFILM_DOCS_OUT=$build/docs doxygen docs/Doxyfile

# Links between the pages, of the site and as they are read in the repository. Those that leave are not followed.
broken=0
lost() {
    echo "$1: there is no $2" >&2
    broken=1
}
anchors() { grep -oE '(id|name)="[^"]+"' "$1" | sed -E 's/^(id|name)="//; s/"$//'; }
site=$build/docs/html
declare -A known
while IFS=$'\t' read -r page target; do
    file=${target%%#*}
    file=$(dirname "$page")/${file:-$(basename "$page")}
    if [[ ! -e $file ]]; then
        lost "$page" "$target"
    elif [[ $target == *'#'* && $file == *.html ]]; then
        [[ -v known[$file] ]] || known[$file]=$'\n'$(anchors "$file")$'\n'
        [[ ${known[$file]} == *$'\n'"${target#*#}"$'\n'* ]] || lost "$page" "$target"
    fi
done < <(grep -oE '(href|src)="[^"]+"' -r "$site" --include='*.html' | sed -E 's/:(href|src)="/\t/; s/"$//' |
    grep -vE $'\t(https?:|mailto:|javascript:|\\$)' | sort -u)

for page in README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md docs/dev/*.md; do
    while IFS= read -r target; do
        [[ -e $(dirname "$page")/${target%%#*} ]] || lost "$page" "$target"
    done < <(awk '/^```/ { code = !code } !code' "$page" | grep -oE '\]\([^)# ]+[^)]*\)' | sed 's/^](//; s/)$//' |
        grep -vE '^https?:' | sort -u)
done
((broken == 0)) || exit 1
echo "$site/index.html"
