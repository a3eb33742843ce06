#!/usr/bin/env bash
# Everything that must hold before a merge. Installs what is missing, builds and tests with g++, checks
# the layout of the sources and fuzzes what reads files for a minute on two cores. With --all also: each
# public header alone, the command line and the corpora under the sanitizers, what runs in threads under
# another, all of it by clang++, and clang-tidy on what changed.
#
# The last line is "N passed, N failed", with ", N skipped" if some were: all tests of all builds,
# and each build or check as one more. The exit status is 0 if nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

passed=0 failed=0 skipped=0
failures=()

close() {
    if (($? != 0 && failed == 0)); then fail 'scripts/test.sh itself'; fi
    ((${#failures[@]} == 0)) || printf 'failed: %s\n' "${failures[@]}"
    if ((skipped > 0)); then
        printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    else
        printf '%d passed, %d failed\n' "$passed" "$failed"
    fi
    ((failed == 0 && passed > 0)) || exit 1
}
trap close EXIT
trap 'fail "interrupted"; exit 1' INT TERM

fail() {
    failed=$((failed + 1))
    failures+=("$1")
}

# check NAME COMMAND...: runs one thing that passes or fails as a whole.
check() {
    local name=$1 from=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        passed=$((passed + 1))
        printf '== %s: %d s\n' "$name" $((SECONDS - from))
    else
        fail "$name"
        return 1
    fi
}

# skip NAME REASON
skip() {
    printf '\n== %s: skipped, %s\n' "$1" "$2"
    skipped=$((skipped + 1))
}

# build PRESET [TARGET...]
build() {
    cmake --preset "$1" && cmake --build --preset "$1" --target "${@:2}"
}

# run_tests PRESET [OPTION...]: runs ctest and adds its own counts to ours.
run_tests() {
    local preset=$1 from=$SECONDS results=$PWD/build/$1/ctest.xml status=0 suite
    printf '\n== tests (%s)\n' "$preset"
    rm -f "$results"
    ctest --preset "$preset" --parallel "$(nproc)" --output-junit "$results" "${@:2}" || status=$?
    if ! suite=$(grep -m1 -A8 '<testsuite' "$results"); then
        fail "tests ($preset)"
        return
    fi
    local total bad left_out
    total=$(attribute tests "$suite") bad=$(attribute failures "$suite")
    left_out=$(($(attribute skipped "$suite") + $(attribute disabled "$suite")))
    passed=$((passed + total - bad - left_out)) skipped=$((skipped + left_out))
    failed=$((failed + bad))
    ((bad == 0)) || failures+=("tests ($preset): $bad")
    if ((total == 0 || (status != 0 && bad == 0))); then fail "tests ($preset)"; fi
    printf '== tests (%s): %d s\n' "$preset" $((SECONDS - from))
}

# attribute NAME TEXT: the number in NAME="number".
attribute() {
    local number
    number=$(grep -o -m1 "\\b$1=\"[0-9]*\"" <<<"$2" | tr -dc 0-9)
    printf '%d' "${number:-0}"
}

# The tags of tests of loops, training, sweeps and ensembles, which run in threads.
threaded='[parallel],[simulate],[closed_loop],[ensemble],[training],[experiment],[backend],[dynamics]'

layout() {
    find apps include src tests web -regex '.*\.\([ch]pp\|cuh?\)' -print0 | xargs -0 clang-format --dry-run -Werror
}

check 'dependencies' scripts/install-deps.sh || exit 1
scripts/install-deps.sh web docs || skip 'page and site' 'Emscripten, Chromium, MkDocs or Doxygen cannot be installed'
scripts/axe.sh || skip "the page's rules of accessibility" 'PyPI did not give axe-core'
scripts/python-env.sh || skip 'Python package and notebooks' 'PyPI did not give what they are built with'
if check 'build with g++' build ci all; then run_tests ci; fi
# Each version of clang-format has a layout of its own; ours is that of Debian 12's.
if clang-format --version | grep -q 'version 14\.'; then
    check 'layout (clang-format)' layout || true
else
    skip 'layout (clang-format)' "it is that of version 14, and here is: $(clang-format --version)"
fi
if scripts/fuzz.sh --can; then
    check 'fuzzing (scripts/fuzz.sh --short)' scripts/fuzz.sh --short || true
else
    skip 'fuzzing' 'there is no clang++ with libFuzzer'
fi
if [[ ${1:-} == --all ]]; then
    check 'each public header alone' build ci all_verify_interface_header_sets || true
    if check 'build with the sanitizers' build sanitize moebius replays try_texts exact_experts_test; then
        run_tests sanitize --tests-regex '^(cli|fuzz)\.'
    fi
    if check 'build with the thread sanitizer' build tsan unit_tests; then
        check 'what runs in threads' build/tsan/tests/unit/unit_tests "$threaded" || true
    fi
    check 'build of all fuzz targets with clang++' build fuzz fuzz_targets || true
    check 'clang-tidy on what changed' scripts/tidy.sh || true
fi
