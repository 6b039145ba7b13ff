# Sourced by textkit.

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

input() {
    case "${1:-}" in
    "") cat /usr/local/share/textkit/sample.txt ;;
    -) cat ;;
    *) [ -r "$1" ] || die "cannot read $1" 66; cat "$1" ;;
    esac
}
