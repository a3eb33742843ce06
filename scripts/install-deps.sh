#!/usr/bin/env bash
# install-deps.sh [run|python|deb|web|docs|all]...: installs what moebius is built from: Debian packages, by name, and
# only those that are missing. `run` is what building and running the program takes, `python` adds
# what the Python package takes beside what comes from PyPI (scripts/python-env.sh), `deb` what a
# Debian package takes, `web` the page of `moebius explore` and its test (1.6 GB, on Debian 13 3.2, so that only
# scripts/test.sh asks for them), `docs` the site of scripts/docs.sh; `all`, the default, adds what the other tests, the notebooks and
# the benchmarks take. Where it may not install, it says what is needed and exits with 1.
set -euo pipefail

run=(
    g++                  # the compiler
    cmake                # configures the build (3.25 or newer)
    ninja-build          # runs the build
    libeigen3-dev        # linear algebra
    libboost-dev         # Odeint (time stepping), Math (exact derivatives, root finding)
    libfmt-dev           # text formatting
    nlohmann-json3-dev   # result files
    libcli11-dev         # the command line
    librandom123-dev     # counter-based random numbers
    libhwy-dev           # vector instructions of the processor that runs (Highway)
    zlib1g-dev           # compressed arrays (NPZ)
    gnuplot-nox          # figures
)
python=(
    python3-dev          # the Python package: headers
    python3-venv         # an environment for what comes from PyPI
)
deb=(
    dpkg-dev             # tells cpack what the package depends on
    file                 # tells it which files are programs
)
web=(
    emscripten           # compiles the page of `moebius explore`
    chromium             # opens it in its test
)
docs=(
    mkdocs               # the pages of the documentation
    doxygen              # those of the public headers
)
rest=(
    git                  # fetches this repository
    ca-certificates      # lets git and apt trust their servers
    ccache               # makes the second build of the dev and test presets short
    libnetcdf-dev        # sweeps merged into NetCDF-4; without it CSV
    libopenmpi-dev       # sweeps shared by ranks; without it shards
    openmpi-bin          # its mpirun, for the tests of sweeps
    parallel             # shards by GNU parallel, for the tests of sweeps
    slurm-wlm            # shards by a Slurm of one node, for the tests of sweeps
    python3-xarray       # opens merged sweeps in a test
    python3-netcdf4      # what xarray reads them with
    python3-numpy        # the notebooks: arrays
    python3-pandas       # the notebooks: tables
    python3-matplotlib   # the notebooks: figures
    python3-nbconvert    # runs the notebooks
    python3-ipykernel    # their kernel
    python3-jsonschema   # holds results against docs/schema
    python3-pytest       # its tests
    catch2               # unit tests
    libbenchmark-dev     # benchmarks
    clang                # the second compiler of the tests
    libclang-rt-dev      # its libFuzzer and sanitizers, for the fuzz targets
    clang-format         # the layout check of the tests
    clang-tidy           # the static analysis of the tests
)

packages=()
for what in "${@:-all}"; do
    case $what in
        run) packages+=("${run[@]}") ;;
        python) packages+=("${run[@]}" "${python[@]}") ;;
        deb) packages+=("${run[@]}" "${deb[@]}") ;;
        web) packages+=("${run[@]}" "${web[@]}") ;;
        docs) packages+=("${docs[@]}") ;;
        all) packages+=("${run[@]}" "${python[@]}" "${rest[@]}") ;;
        *)
            printf 'usage: install-deps.sh [run|python|deb|web|docs|all]...\n' >&2
            exit 2
            ;;
    esac
done

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $state == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

give_up() {
    printf 'install-deps: %s; please install: %s\n' "$1" "${missing[*]}" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up 'there is no apt-get on this machine'
as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || give_up 'installing needs root, and there is no sudo'
    # -n: never wait for a password where nobody can type it
    [[ -t 0 ]] || sudo -n true 2>/dev/null || give_up 'installing needs root, and sudo asks for a password'
    as_root=(sudo)
fi

printf 'install-deps: installing %s\n' "${missing[*]}" >&2
"${as_root[@]}" apt-get -qq update || give_up 'apt-get update failed'
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
    give_up 'apt-get install failed'
