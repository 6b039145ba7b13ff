# Sourced by the entrypoint.
. "$(dirname "${BASH_SOURCE[0]}")/messages.sh"

make_sample() {
    install -d "$1/a"
    ln -sf a "$1/link"
    truncate -s 100 "$1/a/zeros"
    yes | head -c 50 >"$1/a/many" || true
    touch -d @0 "$1/a/zeros"
}

start_folder() {
    local script
    for script in "$1"/*; do
        case "$script" in
        *.sh) . "$script" ;;
        *) [ -x "$script" ] && "$script" ;;
        esac
    done
}
