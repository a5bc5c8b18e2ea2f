# Hands PID 1 of this host to systemd: units, journald and systemctl are then as on a server. What needs the machine
# itself (udev, sysctl, mounts, the network) is masked.
for u in systemd-sysctl.service systemd-modules-load.service systemd-remount-fs.service systemd-udevd.service \
  systemd-udev-trigger.service systemd-logind.service systemd-networkd.service systemd-resolved.service \
  systemd-timesyncd.service sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount systemd-tmpfiles-setup-dev.service getty.target \
  console-getty.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
  man-db.timer opendkim.service cron.service; do
  ln -sf /dev/null "/etc/systemd/system/$u"
done
rm -f /usr/sbin/policy-rc.d
: > /etc/fstab
[ -s /etc/machine-id ] || systemd-machine-id-setup > /dev/null 2>&1
systemctl enable -q nftables 2> /dev/null
# of the SQL layer: takes ten seconds to start, and few tests want it (variant-spamassassin.sh)
systemctl disable -q spamd 2> /dev/null
if [ "$host" = mx3 ]; then
  systemctl disable -q rsyslog 2> /dev/null
  ln -sf /dev/null /etc/systemd/system/rsyslog.service
fi
mkdir -p /var/log/journal
cat > /etc/systemd/system/lab-ready.service <<Y
[Unit]
Description=lab readiness probe
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/bash -c '. /lab/host/lib.sh; host=$host; . /lab/host/mx-ready.sh; say_ready'
[Install]
WantedBy=multi-user.target
Y
systemctl enable -q lab-ready 2> /dev/null
exec env -i container=lab PATH=$PATH LANG=C.UTF-8 /lib/systemd/systemd --unit=multi-user.target
