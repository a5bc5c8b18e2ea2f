# Second half of a host's PID 1, args (as variables) host and init: names, settings, services, then reaping for ever.
# Sourced by init.sh (namespaces) and container.sh (Docker), once it is certain that / is the host's own.
set +e
RUN=/lab/run
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 SHELL=/bin/bash
unset LD_PRELOAD

printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n%s %s.lab.test %s\n' "$NET.$(last_octet "$host")" "$host" "$host" > /etc/hosts
rm -f /etc/resolv.conf 2> /dev/null                            # in a container it is mounted, and only written to
echo "nameserver $NET.53" > /etc/resolv.conf
echo "$host.lab.test" > /etc/hostname
echo "$host.lab.test" > /etc/mailname

case $host in
  dns) . /lab/host/dns.sh ;;
  cli) . /lab/host/users.sh; . /lab/host/cli.sh ;;
  mx*)
    . /lab/host/users.sh
    . /lab/host/mx-conf.sh
    if [ "$init" = systemd ]; then . /lab/host/mx-systemd.sh; fi   # does not come back
    /lab/host/svc.sh start all
    . /lab/host/mx-ready.sh
    ;;
esac
say_ready
while :; do wait -n 2> /dev/null; sleep 1; done                    # reap orphans; never end
