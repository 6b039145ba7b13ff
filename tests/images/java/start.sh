#!/bin/sh
# Starts the site; `traced` with an agent, `backup` without any Java.
set -eu
here=$(dirname "$(realpath "$0")")
library=$here/lib
gson=/usr/share/java/gson.jar
options="-Xshare:auto -Djava.util.logging.config.file=/etc/site/logging.properties"

case "${1:-serve}" in
serve)
    exec java $options -cp "$here/site.jar:$library/*:$gson" site.Main serve
    ;;
traced)
    shift
    exec java -javaagent:/opt/shared/agent.jar $options -cp "$here/site.jar:$library/*:$gson" site.Main "$@"
    ;;
backup)
    tar -cj -C "$here" lib | bzip2 -t && echo "the backup is sound"
    ;;
*)
    exec java $options -cp "$here/site.jar:$library/*:$gson" site.Main "$@"
    ;;
esac
