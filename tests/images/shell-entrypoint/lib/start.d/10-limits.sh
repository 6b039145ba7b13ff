if [ -n "${LIMIT_FILE:-}" ]; then
    getconf PAGESIZE
    readlink -f "$LIMIT_FILE"
fi
