#!/bin/bash
# PID 1 of a lab host that is a container (compose.yml), args HOST. The image has the packages, Compose gave it its
# address and the mounts; what is left is the second address, the shared keys and the same services as everywhere.
set -eu
host=$1 init=plain RUN=/lab/run
[ $$ = 1 ] && [ -f /lab/host/container.sh ] || { echo 'container.sh: only as PID 1 of a container'; exit 70; }

mkdir -p /lab/cache /run/lock
if [ "$host" = dns ]; then
  # the first container makes what all share; the others wait for it (depends_on, healthy)
  cat > "$RUN/lab.env" <<Y
LAB_NAME='docker'
LAB_TOKEN='docker'
NET='${NET:-10.77.0}'
NET6='fd77::'
REV='$(echo "${NET:-10.77.0}" | awk -F. '{ print $3 "." $2 "." $1 }')'
Y
  [ -f "$RUN/id_ed25519.pub" ] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$RUN/id_ed25519"
  [ -f "$RUN/id_encrypted.pub" ] || ssh-keygen -q -t ed25519 -N keypass -C lab -f "$RUN/id_encrypted"
  chmod a+r "$RUN/id_ed25519" "$RUN/id_encrypted"
fi
. /lab/host/lib.sh
case $host in
  mx*) ip addr add "$NET.1$(last_octet "$host")/24" dev eth0 ;;
  cli) for i in 201 202 203 204 205; do ip addr add "$NET.$i/24" dev eth0; done ;;
esac
. /lab/host/services.sh
