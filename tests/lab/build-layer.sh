#!/bin/bash
# Adds packages on top of a finished base layer without touching it: what apt-get writes becomes a layer of its own, which
# hosts mount above the base. usage: build-layer.sh BASE_ROOT DEST WORK PACKAGE...     (root, apt works; about 30 s)
set -eu
base=$1 dest=$2 work=$3
shift 3
mkdir -p "$work" "$(dirname "$dest")"
rm -rf "$dest.new" "$work/overlay"
mkdir -p "$dest.new" "$work/overlay" "$work/root"
proxy=$(apt-config shell P Acquire::http::Proxy | sed -n "s/^P='\(.*\)'$/\1/p")
[ -z "$proxy" ] || export http_proxy=$proxy
export base dest work
unshare --mount --pid --fork --kill-child --mount-proc --propagation private /bin/bash -euc '
  root=$work/root
  mount -t overlay -o "lowerdir=$base,upperdir=$dest.new,workdir=$work/overlay" overlay "$root"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; mount -t tmpfs tmp "$root/tmp"
  [ ! -d /etc/apt/apt.conf.d ] || grep -rihE "^Acquire::(http|https)::Proxy" /etc/apt/apt.conf /etc/apt/apt.conf.d > "$root/etc/apt/apt.conf.d/proxy" 2>/dev/null || true
  chroot "$root" apt-get update -qq
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" < /dev/null > "$work/layer.log" 2>&1 \
    || { tail -n 20 "$work/layer.log"; exit 1; }
  chroot "$root" apt-get clean
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/log/apt "$root"/etc/apt/apt.conf.d/proxy
' build-layer "$@"
rm -rf "$work/overlay" "$work/root"
rm -f "$dest.new/etc/resolv.conf"
mv "$dest.new" "$dest"
echo "layer: $(du -sh "$dest" | cut -f1)"
