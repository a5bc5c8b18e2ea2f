#!/bin/bash
# Puts a mail host back to its state after the start (snapshot.sh). args: logs|keep-logs
# Only what differs costs time: a service is reloaded when its settings changed, started when it does not run.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /lab/host/lib.sh
svc=/lab/host/svc.sh
interfaces() { postconf -h inet_interfaces inet_protocols 2> /dev/null; }

before=$(interfaces)
changed=
for d in etc root home; do
  # one line per path that differed; a change of times only (a leading dot without p, o or g) does not count
  changed+=$(rsync -a --checksum --delete --itemize-changes "/lab/snapshot/$d/" "/$d/" \
    | awk -v d="/$d/" '$1 !~ /^\..\.\.t?\.*$/ && $1 !~ /^\.d/ { sub(/^[^ ]+ +/, ""); print d $0 }')$'\n'
done
touched() { grep -q "^/etc/$1" <<< "$changed"; }
settle() {  # settle SERVICE PATTERN: running, and on the restored settings
  if ! $svc status "$1"; then $svc start "$1"; elif touched "$2"; then $svc reload "$1"; fi
}

if [ -d /run/systemd/system ]; then
  touched systemd/ && systemctl daemon-reload
  systemctl reset-failed 2> /dev/null
  [ "$(systemctl is-enabled rsyslog 2> /dev/null)" = masked ] || settle rsyslog rsyslog
  $svc status sshd || $svc start sshd
  touched ssh/ && $svc reload sshd
else
  for s in rsyslog sshd; do $svc status $s || $svc start $s; done
  touched rsyslog && $svc restart rsyslog
  touched ssh/ && $svc reload sshd
fi

# queue: what is being delivered may still come back as a bounce, so look again until it stays empty
settle postfix '\(postfix/\|aliases\)'
[ "$before" = "$(interfaces)" ] || $svc restart postfix
rm -f /var/lib/postfix/postscreen_cache.db /var/lib/postfix/verify_cache.db
for _ in $(seq 200); do
  [ -z "$(postqueue -j 2> /dev/null)" ] && break
  postsuper -d ALL 2> /dev/null
  sleep 0.02
done

settle dovecot dovecot/
doveadm kick '*' > /dev/null 2>&1
find /var/vmail -mindepth 1 -delete 2> /dev/null

settle redis redis/
redis-cli flushall > /dev/null
if [ -e /var/lib/rspamd/rspamd_dynamic ]; then rm -f /var/lib/rspamd/rspamd_dynamic; changed+=/etc/rspamd/dynamic$'\n'; fi
settle rspamd rspamd/
for reset in statreset historyreset; do
  curl -s -o /dev/null -X POST -H 'Password: labpw' "http://127.0.0.1:11334/$reset" --retry 20 --retry-connrefused --retry-delay 1
done

# firewall: foreign tables go, the site's own are loaded afresh in one transaction
tables=$(nft list tables | sed 's/^table //' | grep -v -e '^inet site$' -e '^inet f2b-table$')
{ while read -r t; do [ -n "$t" ] && echo "delete table $t"; done <<< "$tables"
  nft list tables | grep -q '^table inet site$' && echo 'delete table inet site'
  cat /lab/host/site.nft; } | nft -f -

if ! $svc status fail2ban; then
  $svc start fail2ban
elif touched fail2ban/ || [ "$(fail2ban-client status | grep -c 'dovecot, postfix, sshd')" = 0 ]; then
  fail2ban-client reload > /dev/null
fi
for _ in $(seq 200); do fail2ban-client ping > /dev/null 2>&1 && break; sleep 0.05; done
fail2ban-client unban --all > /dev/null

if [ "$1" = logs ]; then
  for f in /var/log/mail.log /var/log/auth.log /var/log/postfix.log /var/log/syslog /var/log/rspamd/rspamd.log; do
    [ -e "$f" ] && : > "$f"
  done
  find /var/log -regextype posix-extended -regex '.*\.(log|journal~)[.-][0-9].*' -delete
fi
exit 0
