#!/usr/bin/env bash
# docs.sh [PROGRAM [FOLDER]]: the documentation as a site, FOLDER/site/index.html (out/docs without it): the pages
# of docs/ by MkDocs, the public headers by Doxygen, every command from the program's own help, and the page of
# `moebius explore` where the program has it. PROGRAM is moebius; without it the release preset is built. The
# site's search wants a server, such as python3 -m http.server -d out/docs/site.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in mkdocs doxygen; do
    command -v "$tool" >/dev/null || { scripts/install-deps.sh docs; break; }
done
program=${1:-} out=${2:-out/docs}
if [[ -z $program ]]; then
    scripts/install-deps.sh run
    cmake --preset release >/dev/null && cmake --build --preset release --target moebius
    program=build/release/apps/moebius/moebius
fi

rm -rf "$out"
mkdir -p "$out/pages"
out=$(cd "$out" && pwd)
python3 docs/site/pages.py "$program" . "$out/pages"
sed "s|^docs_dir:.*|docs_dir: $out/pages|; s|^site_dir:.*|site_dir: $out/site|" docs/site/mkdocs.yml >"$out/mkdocs.yml"
mkdocs build --quiet --config-file "$out/mkdocs.yml"

# Doxygen: a page for each public header, its words as they stand there
mkdir -p "$out/site/api"
doxygen - >"$out/doxygen.log" 2>&1 <<DOXYGEN
PROJECT_NAME = moebius
INPUT = include/moebius
RECURSIVE = YES
STRIP_FROM_PATH = include
STRIP_FROM_INC_PATH = include
FULL_PATH_NAMES = YES
OUTPUT_DIRECTORY = $out/site
HTML_OUTPUT = api
GENERATE_LATEX = NO
EXTRACT_ALL = YES
JAVADOC_AUTOBRIEF = YES
MARKDOWN_SUPPORT = YES
HAVE_DOT = NO
SEARCHENGINE = NO
QUIET = YES
WARNINGS = NO
ALIASES = "source=\par Source:^^" "cost=\par Cost:^^" "accuracy=\par Accuracy:^^"
DOXYGEN
printf '%s\n' "$out/site/index.html"
