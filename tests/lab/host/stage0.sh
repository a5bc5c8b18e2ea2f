#!/bin/bash
# From the switch to a host, first half: args HOST plain|systemd. Gives the host a cgroup (systemd only) and a network
# namespace with one cable to the bridge, then every other namespace. --kill-child: when this process ends, so does
# everything inside.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
host=$1 init=$2

if [ "${3:-}" != wired ]; then
  if [ "$init" = systemd ]; then
    mountpoint -q "$RUN/cg" || { echo "no cgroup2 on this machine: $host cannot run systemd"; exit 71; }
    mkdir -p "$RUN/cg/pdlab-$LAB_NAME-$host"
    echo $$ > "$RUN/cg/pdlab-$LAB_NAME-$host/cgroup.procs"
  fi
  exec 9< /proc/self/ns/net                # the switch's network, to plug the other end of the cable in
  exec unshare --net /bin/bash "$0" "$host" "$init" wired
fi

switch() { nsenter --net=/proc/self/fd/9 "$@"; }
switch ip link add "p-$host" type veth peer name eth0 netns $$
switch ip link set "p-$host" master br0 up
exec 9<&-
ip link set lo up
n=$(last_octet "$host")
ip addr add "$NET.$n/24" dev eth0
case $host in
  mx*) ip addr add "$NET.1$n/24" dev eth0 ;;   # a second address, for egress IP per domain
  cli) for i in 201 202 203 204 205; do ip addr add "$NET.$i/24" dev eth0; done ;;
esac
ip -6 addr add "${NET6}$n/64" dev eth0 nodad 2> /dev/null || true   # a kernel without IPv6 is fine
ip link set eth0 up

cgroup=
if [ "$init" = systemd ]; then cgroup=--cgroup; fi
exec unshare --mount --uts --ipc --pid $cgroup --fork --kill-child --propagation private \
  /bin/bash "$here/init.sh" "$host" "$init"
