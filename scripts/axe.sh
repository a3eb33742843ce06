#!/usr/bin/env bash
# axe.sh: fetches axe-core (the rules of accessibility that the page's test asks, Mozilla's licence) from PyPI
# into build/axe, where the next configuration finds it. Neither the build nor the page needs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p build/axe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# a package around axe-core's own file; of what it takes itself nothing is wanted
python3 -m pip download --quiet --no-deps --only-binary :all: --python-version 3.13 \
    --dest "$work" pytest-playwright-axe
python3 - "$work"/*.whl build/axe/axe.min.js <<'PYTHON'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    [name] = [one for one in wheel.namelist() if one.endswith("axe.min.js")]
    open(sys.argv[2], "wb").write(wheel.read(name))
PYTHON
head -c 40 build/axe/axe.min.js
printf '\n'
