#!/bin/sh
# A broker and a worker in one container, for small installations.
set -eu

case "${BROKER:-redis}" in
redis)
    redis-server --daemonize yes --bind 0.0.0.0 --protected-mode no --save '' --dir /var/lib/work >/dev/null
    ;;
filesystem)
    mkdir -p /var/lib/work/queue /var/lib/work/control
    ;;
esac
exec celery --app work "$@"
