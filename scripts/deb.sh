#!/usr/bin/env bash
# deb.sh: makes a .deb of this tree in out/deb, installs it, and looks whether the program, its manual
# pages and its completion are there. Needs root; the last line on stderr says how long each step took.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh deb
installed=$SECONDS
cuda=()
nvidia-smi -L >/dev/null 2>&1 || cuda=(-DMOEBIUS_CUDA=OFF)  # its kernels are most of the build
cmake --preset release -DMOEBIUS_BUILD_TESTS=OFF -DMOEBIUS_PYTHON=OFF "${cuda[@]}" >&2
cmake --build --preset release >&2
rm -rf out/deb
cpack --config build/release/CPackConfig.cmake -B out/deb >&2
built=$SECONDS

DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes "$PWD"/out/deb/*.deb >&2
test "$(command -v moebius)" = /usr/bin/moebius
cd /
moebius exact --set feedback=4 >&2
dpkg -L moebius | grep -F man1/moebius-diagram.1 >/dev/null  # where dpkg leaves manuals out, too
bash -c '. /usr/share/bash-completion/completions/moebius
    COMP_WORDS=(moebius diagr) COMP_CWORD=1; _moebius; test "${COMPREPLY[*]}" = diagram'
for place in zsh/vendor-completions/_moebius fish/vendor_completions.d/moebius.fish; do  # where Debian's look
    dpkg -L moebius | grep -F "$place" >/dev/null
done
printf 'deb: install %d s, build %d s, use %d s; the package has %d bytes\n' \
    "$installed" $((built - installed)) $((SECONDS - built)) "$(stat -c %s "$OLDPWD"/out/deb/*.deb)" >&2
