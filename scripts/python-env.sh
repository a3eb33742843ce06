#!/usr/bin/env bash
# python-env.sh: makes build/venv, the environment in which the Python package is built and tested:
# Debian's Python with Debian's packages, and from PyPI what Debian 12 does not have: nanobind (the
# border between C++ and Python) and scikit-build-core (wheels by CMake). A build that finds it there
# builds the package, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=/usr/bin/python3
[[ -x $python ]] || python=python3
if ! build/venv/bin/python -m nanobind --cmake_dir >/dev/null 2>&1; then
    rm -rf build/venv
    "$python" -m venv --system-site-packages build/venv
    build/venv/bin/pip --quiet --disable-pip-version-check install 'nanobind>=2,<3' 'scikit-build-core>=0.10,<2' || {
        printf 'python-env: pip could not install nanobind and scikit-build-core from PyPI\n' >&2
        exit 1
    }
fi
