#!/usr/bin/env bash
# From a fresh clone to the package in Python: installs what it is built from and is missing, makes an
# environment in out/python, installs the package there from this tree, and draws the README's
# figure with it. The last line on stderr says how long each step took and how large the wheel is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh python
installed=$SECONDS
rm -rf out/python
/usr/bin/python3 -m venv out/python
cuda=()
nvidia-smi -L >/dev/null 2>&1 || cuda=(--config-settings=cmake.define.MOEBIUS_CUDA=OFF)
out/python/bin/pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir out/python/wheel "${cuda[@]}" .
out/python/bin/pip --disable-pip-version-check install --quiet out/python/wheel/*.whl
built=$SECONDS

sed -n '/^```python$/,/^```$/{/^```/!p}' README.md >out/python/readme.py
(cd out/python && MPLBACKEND=Agg bin/python readme.py && ls -l cusp.png >&2)
printf 'pip-install: install %d s, build %d s, run %d s; the wheel has %d bytes\n' \
    "$installed" $((built - installed)) $((SECONDS - built)) "$(stat -c %s out/python/wheel/*.whl)" >&2
