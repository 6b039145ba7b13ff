#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine ready for slim and its tests: packages, virtual environment, engine.
#
#   tests/setup/machine.sh            prepares; the engine keeps running
#   source tests/setup/machine.sh     defines `prepare` and `stop_engine` and does nothing yet
#
# One line a step on standard error; silent where nothing is to be done. Started with no systemd, the
# engine runs in a session of its own. Nothing is ever stopped that this script did not start.
# PYTHON names the interpreter (3.11 or later) where `python3` is not the one.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
engine_pid=''
engine_log=''

step() { printf 'set-up: %s\n' "$*" >&2; }
give_up() {
    printf 'set-up failed: %s\n' "$*" >&2
    return 1
}
has() { command -v "$1" >/dev/null 2>&1; }

prepare() {
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PATH="$PATH:/usr/sbin:/sbin"
    install_packages && make_environment && start_engine
}

# ---------------------------------------------------------------- packages

missing_packages() {
    has docker || echo docker.io
    has dockerd || engine_answers || echo docker.io
    has iptables || engine_answers || echo iptables
    has strace || echo strace
    has mmdebstrap || echo mmdebstrap
    has setcap || echo libcap2-bin
    has curl || echo curl
    has docker-compose || docker compose version >/dev/null 2>&1 || echo docker-compose
    has rpmbuild || echo rpm
    has db_load || echo db-util
    has npm || echo npm
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || echo debian-archive-keyring
    has gcc || echo gcc
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    interpreter >/dev/null || echo python3
    "$(interpreter || echo python3)" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    local -a wanted
    mapfile -t wanted < <(missing_packages | sort -u)
    [ "${#wanted[@]}" -gt 0 ] || return 0
    has apt-get || give_up "this machine has no apt-get; install by hand: ${wanted[*]}" || return
    [ "$(id -u)" = 0 ] || give_up "root is needed to install ${wanted[*]} (sudo $top/tests/setup/machine.sh)" || return
    step "installing ${wanted[*]}"
    apt_quietly update && apt_quietly install --yes --no-install-recommends "${wanted[@]}" || return
    # Since Debian 13 the client is a package of its own.
    has docker || apt_quietly install --yes --no-install-recommends docker-cli
}

apt_quietly() {
    local said
    said=$(DEBIAN_FRONTEND=noninteractive apt-get --quiet "$@" 2>&1 </dev/null) ||
        give_up "apt-get $*"$'\n'"$(tail -n 20 <<<"$said")"
}

# ---------------------------------------------------------------- virtual environment

interpreter() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$name" && return
    done
    return 1
}

make_environment() {
    local python stamp wanted said
    stamp="$top/.venv/set-up-from"
    wanted=$(cat "$top/requirements.lock" "$top/pyproject.toml" | sha256sum)" $top"
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$top/.venv/bin/python" -c '' 2>/dev/null && return
    python=$(interpreter) || give_up 'Python 3.11 or later is needed; name it in PYTHON' || return
    step "virtual environment .venv from requirements.lock"
    "$top/.venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$top/.venv" || return
    said=$(cd "$top" && .venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock 2>&1 &&
        .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . 2>&1) ||
        give_up "pip install: $(tail -n 20 <<<"$said")" || return
    printf '%s\n' "$wanted" >"$stamp"
}

# ---------------------------------------------------------------- engine

engine_answers() { docker version >/dev/null 2>&1; }

start_engine() {
    engine_answers && return
    [ -z "${DOCKER_HOST:-}" ] || give_up "no engine answers at DOCKER_HOST=$DOCKER_HOST" || return
    [ "$(id -u)" = 0 ] || give_up "root is needed to start an engine (sudo $top/tests/setup/machine.sh)" || return
    if [ -d /run/systemd/system ]; then
        step 'starting the engine (systemctl start docker)'
        systemctl start docker && wait_for_engine
    elif another_starts; then
        step 'waiting for the engine that is starting'
        wait_for_engine
    else
        grep -q ' cgroup' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup || return
        start_dockerd || mend_iptables && start_dockerd
    fi
}

# An engine that another process started a moment ago: installing docker.io may do that.
another_starts() {
    local pid
    pid=$(cat /var/run/docker.pid 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]
}

start_dockerd() {
    engine_answers && return
    engine_log=$(mktemp -t slim-dockerd.XXXXXX)
    step "starting the engine (dockerd; its log is $engine_log)"
    setsid dockerd </dev/null >"$engine_log" 2>&1 &
    engine_pid=$!
    wait_for_engine
}

wait_for_engine() {
    local late=$((SECONDS + 60))
    while [ "$SECONDS" -lt "$late" ]; do
        engine_answers && return
        if [ -n "$engine_pid" ] && ! kill -0 "$engine_pid" 2>/dev/null; then
            engine_pid=''
            give_up "dockerd ended: $(tail -n 5 "$engine_log")"
            return
        fi
        sleep 0.2
    done
    give_up "no engine answers after a minute${engine_log:+: $(tail -n 5 "$engine_log")}"
}

# Kernels without nf_tables refuse Debian's default iptables; its other face may serve.
mend_iptables() {
    grep -qiE 'iptables|nf_tables' "$engine_log" || return
    [ -x /usr/sbin/iptables-legacy ] || return
    step 'dockerd cannot use iptables-nft: switching to iptables-legacy'
    update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
}

# Stops the engine if `prepare` started it in this shell.
stop_engine() {
    [ -n "$engine_pid" ] || return 0
    kill "$engine_pid" 2>/dev/null
    wait "$engine_pid" 2>/dev/null
    rm -f "$engine_log"
    engine_pid=''
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    prepare
fi
