#!/bin/bash
# PID 1 of a lab host, args HOST plain|systemd: base layer under a writable one in memory, own /proc /sys /dev /run
# /tmp, then the services. All mounts are private and go with the namespace.
set -eu   # until the new root is proven: a failed mount must never go on to edit the machine's own /etc
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
host=$1 init=$2

layer=$RUN/$host.root
mkdir -p "$layer"
hostname "$host.lab.test"
mount -t tmpfs -o size=6g,mode=755 "lab-$host" "$layer"
mkdir -p "$layer/up" "$layer/work" "$layer/root"
root=$layer/root
# LAYER: packages of a variant (SQL), above the base
mount -t overlay -o "lowerdir=${LAYER:+$LAYER:}$BASE,upperdir=$layer/up,workdir=$layer/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" 2> /dev/null || mount --rbind /sys "$root/sys"
if [ "$init" = systemd ]; then mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"; fi
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"        # no sysctl in here may reach the machine's kernel settings
mount -t tmpfs -o mode=755 dev "$root/dev"       # private, so that /dev/log is per host
for d in null zero full random urandom tty; do
  touch "$root/dev/$d"
  mount --bind "/dev/$d" "$root/dev/$d"
done
mkdir -p "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
# GNU tail has no inotify on overlayfs: it polls once a second there and loses lines at a rotation. Real servers have
# their logs on a disk; tmpfs behaves like one.
cp -a "$root/var/log" "$layer/log"
mount -t tmpfs -o mode=755,size=2g log "$root/var/log"
cp -a "$layer/log/." "$root/var/log/"
rm -rf "$layer/log"
mkdir -p "$root/lab/host" "$root/lab/run" "$root/lab/cache" "$root/run/lock" "$root/.old"
mount --bind "$here" "$root/lab/host"
mount --bind "$RUN" "$root/lab/run"
mount --bind "$CACHE" "$root/lab/cache"
cd "$root"
pivot_root . .old
umount -l /.old
rmdir /.old
cd /

[ $$ = 1 ] && [ -f /lab/host/init.sh ] \
  && [ "$(awk '$5 == "/" { t = $0 } END { print t }' /proc/self/mountinfo | grep -c ' - overlay ')" = 1 ] \
  || { echo 'FATAL: not inside the lab root, refusing to go on'; exit 70; }
. /lab/host/services.sh
