#!/bin/bash
# PID 1 of one lab instance, in its own mount, network and pid namespace. It holds the bridge all hosts hang on (in a
# namespace of its own, so that no firewall of the machine sees lab frames) and starts hosts on request. Every process
# of the instance lives below it: ending this one process ends the whole lab.
# Requests arrive on run/control, a line each: `start HOST plain|systemd`, `join INTERFACE`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
[ $$ = 1 ] || { echo 'switch.sh: refusing to run outside its own pid namespace'; exit 70; }

ip link set lo up
ip link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0
ip link set br0 up
# A host with systemd needs a cgroup of its own to govern; without cgroup2 such a host says so and does not start.
mkdir -p "$RUN/cg"
mount -t cgroup2 cgroup2 "$RUN/cg" 2> /dev/null || echo 'switch: no cgroup2 here'

exec 3<> "$RUN/control"
echo "$LAB_TOKEN" > "$RUN/switch.ready"
while read -r verb host init <&3; do
  case $verb in
    join) ip link set "$host" master br0 up ;;
    start) /bin/bash "$here/stage0.sh" "$host" "$init" > "$RUN/$host.log" 2>&1 < /dev/null 3>&- & ;;
  esac
done
