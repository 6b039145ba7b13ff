die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" | fmt -w 60 >&2
    exit "${2:-1}"
}
