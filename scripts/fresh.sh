#!/usr/bin/env bash
# fresh.sh SUITE [quickstart|pip-install|deb|test|all]: runs the README's commands as on a machine that has
# only just got Debian SUITE (bookworm, trixie), git and ca-certificates: in a bare tree made for
# it, on a clone of what is committed here. Says how long each took; the log is
# out/fresh-SUITE.log. Needs root and some 5 GB in ${TMPDIR:-/tmp}, given back at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=${1:-} what=${2:-all}
case $what in
    quickstart | pip-install | deb | test) commands=("scripts/$what.sh") ;;
    all) commands=(scripts/quickstart.sh scripts/pip-install.sh scripts/deb.sh scripts/test.sh) ;;
    *) suite= ;;
esac
if [[ -z $suite ]]; then
    sed -n '2,/^set/{/^#/p}' "$0" >&2
    exit 2
fi
if ((EUID != 0)); then
    printf 'fresh: making a Debian tree needs root\n' >&2
    exit 1
fi
if ! command -v mmdebstrap >/dev/null; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --yes --no-install-recommends mmdebstrap >/dev/null
fi

mkdir -p out
log=$PWD/out/fresh-$suite.log
work=$(mktemp -d "${TMPDIR:-/tmp}/fresh-$suite.XXXXXX")
tree=$work/tree
# Mounts are made in a namespace of the command's own (inside), so nothing here is behind one.
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec > >(tee "$log") 2>&1

# timed NAME COMMAND...
timed() {
    local name=$1 from=$SECONDS status=0
    shift
    "$@" || status=$?
    printf 'fresh: %s: %d s, status %d\n' "$name" $((SECONDS - from)) "$status"
    return "$status"
}

# This machine's way to its mirror: the address, and what apt was told of fetching and of proxies.
debian_mirror() {
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
        grep -v '^ *#' | grep -oE -m1 'https?://[^ ]+/debian/?( |$)' || true)
    printf '%s' "${found:-http://deb.debian.org/debian}" | tr -d ' '
}

make_tree() {
    local settings=$work/apt.conf
    apt-config dump | grep -iE '^Acquire::(https?::|Check-|Retries)' >"$settings" || true
    mmdebstrap --quiet --mode=root --variant=minbase --include=git,ca-certificates \
        --aptopt="$settings" "$suite" "$tree" "$(debian_mirror)"
    cp /etc/resolv.conf "$tree/etc/resolv.conf"
    # and the authorities that it trusts beside Debian's, as where a proxy signs
    if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
        cp /usr/local/share/ca-certificates/*.crt "$tree/usr/local/share/ca-certificates/"
        chroot "$tree" update-ca-certificates >/dev/null
    fi
}

# inside COMMAND...: in the tree's clone, with a /proc, terminals and an environment of its own.
inside() {
    local proxies
    mapfile -t proxies < <(env | grep -iE '^(https?|ftp|no)_proxy=' || true)
    unshare --mount --pid --fork --kill-child bash -c \
        'mount -t proc proc "$1/proc" && mount -t devpts devpts "$1/dev/pts" && shift && exec "$@"' \
        - "$tree" \
        chroot "$tree" env -i HOME=/root LANG=C.UTF-8 PATH="$PATH" \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt "${proxies[@]}" \
        sh -c 'cd /moebius && exec "$@"' - "$@"
}

timed "tree of $suite" make_tree
timed 'clone' git clone --quiet --no-hardlinks . "$tree/moebius"
status=0
for command in "${commands[@]}"; do
    timed "$command" inside "$command" || status=1
done
exit "$status"
