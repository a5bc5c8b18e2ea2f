#!/bin/bash
# Builds the base layer of the lab: a clean Debian (or Ubuntu) root with every package of packages.txt.
# usage: build-base.sh DEST WORK PACKAGES_FILE     (root, apt works; about 60-90 s; 500 MB)
# Nothing is started and nothing outside DEST, WORK and apt's own package lists changes.
set -eu
# Namespaces of its own: no mount shows on the machine, and ending this one process ends the whole build.
[ $$ = 1 ] || exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private /bin/bash "$0" "$@"
dest=$1 work=$2 packages=$(sed 's/#.*//' "$3" | tr -s ' \n' ' ')
mkdir -p "$work" "$(dirname "$dest")"
say() { echo "base: $*"; }
if [ -d "$dest" ]; then say 'is there already'; exit 0; fi

. /etc/os-release
# Ubuntu builds Ubuntu of the same release. Debian always builds Debian 12: the lab's Dovecot settings are for 2.3,
# and Debian 13 has 2.4 with another syntax.
case $ID in ubuntu) suite=$VERSION_CODENAME origin=Ubuntu components=main,universe;; *) suite=bookworm origin=Debian components=main;; esac

# the machine's own mirror: third-party sources (other origins) do not belong into the lab
apt-get indextargets --format '$(ORIGIN)' | grep -qx "$origin" || apt-get update -qq
mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | awk -v o=$origin '$1 == o && $2 !~ /security/ { print $2; exit }')
case $origin in Debian) mirror=${mirror:-http://deb.debian.org/debian};; *) mirror=${mirror:-http://archive.ubuntu.com/ubuntu};; esac
mirror=${mirror%/}
security=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | awk -v o=$origin '$1 == o && $2 ~ /security/ { print $2; exit }')
proxy=$(apt-config shell P Acquire::http::Proxy | sed -n "s/^P='\(.*\)'$/\1/p")
[ -z "$proxy" ] || export http_proxy=$proxy

# debootstrap is only unpacked, never installed
if [ ! -x "$work/debootstrap/usr/sbin/debootstrap" ]; then
  rm -rf "$work/debootstrap"; mkdir -p "$work/debootstrap"
  (cd "$work" && rm -f debootstrap_*.deb && { apt-get download -qq debootstrap 2>/dev/null || { apt-get update -qq && apt-get download -qq debootstrap; }; } \
    && dpkg-deb -x debootstrap_*.deb debootstrap)
fi

# Built on tmpfs where there is memory for it: dpkg syncs a lot, and that costs a minute on a disk.
scratch=$work/build; mkdir -p "$scratch"
big=$(awk '/^MemAvailable/ { print ($2 > 3500000) }' /proc/meminfo)
rm -rf "$dest.new"
if [ "$big" = 1 ]; then mount -t tmpfs -o size=4g,mode=755 lab-base "$scratch"; fi
root=$scratch/root; rm -rf --one-file-system "$root"; mkdir -p "$root/etc/dpkg/dpkg.cfg.d" "$root/etc/apt"
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
printf "path-exclude /usr/share/%s/*\n" doc man locale info > "$root/etc/dpkg/dpkg.cfg.d/no-docs"
say "debootstrap $suite"
DEBOOTSTRAP_DIR=$work/debootstrap/usr/share/debootstrap "$work/debootstrap/usr/sbin/debootstrap" --variant=minbase \
  --components="$components" --include=ca-certificates "$suite" "$root" "$mirror" > "$work/debootstrap.log" 2>&1 \
  || { tail -n 20 "$work/debootstrap.log"; exit 1; }
{
  echo "deb $mirror $suite ${components//,/ }"
  echo "deb $mirror $suite-updates ${components//,/ }"
  if [ -n "$security" ]; then echo "deb ${security%/} $suite-security ${components//,/ }"; fi
} > "$root/etc/apt/sources.list"
# without this a maintainer script would start daemons on the machine (the chroot shares its network)
printf "#!/bin/sh\nexit 101\n" > "$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"
rm -f "$root/etc/resolv.conf"; cp -L /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -d /etc/apt/apt.conf.d ] || grep -rihE "^Acquire::(http|https)::Proxy" /etc/apt/apt.conf /etc/apt/apt.conf.d > "$root/etc/apt/apt.conf.d/proxy" 2>/dev/null || true
mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
say "packages"
chroot "$root" apt-get update -qq
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages < /dev/null > "$work/install.log" 2>&1 \
  || { tail -n 20 "$work/install.log"; exit 1; }
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/etc/ssh/ssh_host_* "$root"/var/log/apt "$root"/etc/apt/apt.conf.d/proxy
umount -l "$root/dev" "$root/proc"
say "copy"
cp -a "$root" "$dest.new"
[ "$big" = 1 ] || rm -rf --one-file-system "$root"
mv "$dest.new" "$dest"
say "done: $(du -sh "$dest" | cut -f1)"
