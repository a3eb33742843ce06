#!/usr/bin/env bash
# tidy.sh [COMMIT]: clang-tidy on the sources that changed since HEAD left COMMIT, those of changed headers, and those
# not yet committed. Without one: since the branch left origin/main or main; where there is no such branch,
# all. Nothing is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=''
for from in ${1:-origin/main main}; do
    [[ -n $base ]] || base=$(git merge-base HEAD "$from" 2>/dev/null || true)
done
# On main itself the last commit is what changed.
if [[ -n $base && $base == "$(git rev-parse HEAD)" ]]; then base=$(git rev-parse --verify -q HEAD^ || true); fi

# Tests are left out: Catch2's macros trip the checks.
if [[ -n $base ]]; then
    changed=$({ git diff --name-only --diff-filter=d "$base" && git ls-files --others --exclude-standard; } |
        sed -nE 's|^include/moebius/(.*)\.hpp$|src/\1.cpp|; s|\.hpp$|.cpp|; /^(src|apps)\/.*\.cpp$/p' | sort -u)
else
    changed=$(git ls-files 'src/*.cpp' 'apps/*.cpp' | grep -v '^src/cuda/')
fi
files=()
for file in $changed; do
    [[ -f $file && $file != src/cuda/* ]] && files+=("$file")
done
if ((${#files[@]} == 0)); then
    echo 'tidy: no source changed'
    exit 0
fi

# Precompiled headers would have to be built first.
cmake --preset tidy -DMOEBIUS_CUDA=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DMOEBIUS_BUILD_TESTS=OFF -B build/tidy-changed >/dev/null
printf '%s\n' "${files[@]}"
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p build/tidy-changed --quiet --warnings-as-errors='*'
