#!/bin/bash
# svc.sh start|stop|restart|reload|status NAME...: the services of a mail host, whichever init it runs.
# NAME: rsyslog sshd redis rspamd dovecot postfix nftables fail2ban, or `all`. In plain mode this is the init script a
# Debian server without systemd would have; with systemd it asks systemctl.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
verb=$1
shift
[ "$1" = all ] && set -- rsyslog sshd redis rspamd dovecot postfix nftables fail2ban

unit() { case $1 in sshd) echo ssh ;; redis) echo redis-server ;; postfix) echo postfix@- ;; *) echo "$1" ;; esac; }
pid_of() {
  case $1 in
    rsyslog) cat /run/rsyslogd.pid ;; sshd) cat /run/sshd.pid ;; redis) cat /run/lab-redis.pid ;;
    rspamd) cat /run/lab-rspamd.pid ;; dovecot) cat /run/dovecot/master.pid ;;
    postfix) tr -d ' ' < /var/spool/postfix/pid/master.pid ;; fail2ban) cat /run/fail2ban/fail2ban.pid ;;
  esac 2> /dev/null
}
alive() { local p; p=$(pid_of "$1"); [ -n "$p" ] && kill -0 "$p" 2> /dev/null; }
# keep NAME PIDFILE CMD...: a daemon that stays in the foreground is started in the background of nobody
keep() { setsid --fork /bin/bash -c 'echo $$ > "$0"; exec "$@"' "$@"; }

start() {
  case $1 in
    rsyslog) keep /run/rsyslogd.pid rsyslogd -n -iNONE ;;
    sshd) mkdir -p /run/sshd; /usr/sbin/sshd ;;
    redis) keep /run/lab-redis.pid redis-server --port 6379 --bind 127.0.0.1 --save '' --appendonly no --daemonize no --dir /tmp ;;
    rspamd) keep /run/lab-rspamd.pid rspamd -f -u _rspamd -g _rspamd ;;
    dovecot) dovecot ;;
    postfix)
      /usr/lib/postfix/configure-instance.sh 2> /dev/null   # fills the chroot: `postfix start` alone does not
      postfix start 2> /dev/null
      ;;
    nftables) nft -f /lab/host/site.nft ;;
    fail2ban) mkdir -p /run/fail2ban; fail2ban-server -b > /dev/null ;;
  esac
}
stop() {
  local p
  case $1 in
    postfix) postfix stop 2> /dev/null ;;
    dovecot) doveadm stop ;;
    nftables) nft delete table inet site ;;
    fail2ban) fail2ban-client stop > /dev/null ;;
    *) p=$(pid_of "$1") && kill "$p" ;;
  esac
  for _ in $(seq 100); do alive "$1" || return 0; sleep 0.05; done
  return 1
}
reload() {
  case $1 in
    postfix) postfix reload 2> /dev/null ;;
    dovecot) doveadm reload ;;
    nftables) nft delete table inet site 2> /dev/null; nft -f /lab/host/site.nft ;;
    fail2ban) fail2ban-client reload > /dev/null ;;
    *) kill -HUP "$(pid_of "$1")" ;;
  esac
}

rc=0
for s; do
  if [ -d /run/systemd/system ]; then
    if [ "$verb" = status ]; then systemctl -q is-active "$(unit "$s")"; else systemctl "$verb" "$(unit "$s")"; fi || rc=1
  else
    case $verb in
      # a daemon keeps what it inherits: with the caller's pipe open, the caller would wait for it forever
      start) alive "$s" || start "$s" < /dev/null >> /var/log/lab-svc.log 2>&1 ;;
      stop) stop "$s" ;;
      restart) stop "$s"; start "$s" < /dev/null >> /var/log/lab-svc.log 2>&1 ;;
      reload) reload "$s" ;;
      status) if [ "$s" = nftables ]; then nft list table inet site > /dev/null 2>&1; else alive "$s"; fi ;;
    esac || rc=1
  fi
done
exit $rc
