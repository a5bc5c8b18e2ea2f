# Settings of a mail host, written before any service starts. mx1: Maildir, rsyslog. mx2: sdbox, Postfix's own log file.
# mx3: Maildir, journald only. Everything the console may edit keeps the place a Debian server has it in.
mkdir -p /var/log
rm -f /var/log/mail* /var/log/auth* /var/log/syslog*
groupadd -g 5000 vmail
useradd -u 5000 -g 5000 -d /var/vmail -M -s /usr/sbin/nologin vmail
doms=$(domains "$host") first=${doms%% *}

# --- TLS: self-signed, kept in the run directory so that a client may pin it
mkdir -p /etc/lab
pair=/lab/run/$host.$NET
[ -f "$pair.crt" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
  -subj "/CN=$host.lab.test" -addext "subjectAltName=DNS:$host.lab.test,IP:$NET.$(last_octet "$host")" \
  -keyout "$pair.key" -out "$pair.crt" 2> /dev/null
cp "$pair.crt" /etc/lab/tls.crt
cp "$pair.key" /etc/lab/tls.key
chmod 600 /etc/lab/tls.key

# --- redis and rspamd
mkdir -p /etc/rspamd/local.d/maps /etc/rspamd/override.d /run/rspamd /var/lib/rspamd /var/log/rspamd
cd /etc/rspamd/local.d
echo 'servers = "127.0.0.1:6379";' > redis.conf
[ -s /lab/run/rspamd.pw ] || { rspamadm pw -e -p labpw > /lab/run/rspamd.pw.$host && mv /lab/run/rspamd.pw.$host /lab/run/rspamd.pw; }
pw=$(cat /lab/run/rspamd.pw)
printf 'bind_socket = "*:11334";\npassword = "%s";\nenable_password = "%s";\n' "$pw" "$pw" > worker-controller.inc
printf 'bind_socket = "127.0.0.1:11332";\nmilter = yes;\ntimeout = 30s;\nupstream "local" { default = yes; self_scan = yes; }\ncount = 1;\n' > worker-proxy.inc
printf 'enabled = false;\n' > worker-normal.inc
printf 'enabled = false;\n' > fuzzy_check.conf
# override.d and not local.d: lists merge there, and the default list of local networks would switch SPF, DMARC, block
# lists and greylisting off for every client of the lab
printf 'local_addrs = ["127.0.0.0/8", "::1"];\n' > ../override.d/options.inc
printf 'dns { timeout = 1s; nameserver = ["%s"]; }\nhs_cache_dir = "/var/lib/rspamd/";\n' "$NET.53" > options.inc
printf 'use = ["x-spamd-bar","x-spam-level","x-spam-status","authentication-results","x-rspamd-server"];\nextended_spam_headers = true;\nskip_local = false;\nskip_authenticated = false;\n' > milter_headers.conf
printf 'timeout = 5s;\nwhitelist_domains_url = [];\nwhitelisted_ip = ["%s","%s"];\n' "$NET.11" "$NET.12" > greylist.conf
cat > multimap.conf <<'Y'
LAB_IP_BL { type = "ip"; map = "$LOCAL_CONFDIR/local.d/maps/ip_bl.map"; score = 5.0; description = "lab ip blacklist"; }
LAB_FROM_BL { type = "from"; filter = "email:domain"; map = "$LOCAL_CONFDIR/local.d/maps/from_bl.map"; score = 20.0; action = "reject"; }
Y
echo '# ip' > maps/ip_bl.map
echo '# dom' > maps/from_bl.map
chown -R _rspamd maps
cd /
# a cold rspamd compiles its patterns for 20-30 s before it answers: the first start of a base layer keeps the result
cp /lab/cache/rspamd/* /var/lib/rspamd/ 2> /dev/null
chown -R _rspamd: /var/lib/rspamd /run/rspamd /var/log/rspamd

# --- Dovecot: Debian's conf.d kept, the lab's settings in conf.d/90-lab.conf, local.conf left free
sed -i 's/^!include auth-system.conf.ext/#&/' /etc/dovecot/conf.d/10-auth.conf
sed -i 's/^ssl_\(cert\|key\) =/#&/' /etc/dovecot/conf.d/10-ssl.conf   # may name files that are not there
cp /lab/host/dovecot-90-lab.conf /etc/dovecot/conf.d/90-lab.conf
[ "$host" = mx2 ] && sed -i 's#^mail_location = .*#mail_location = sdbox:~/dbox#' /etc/dovecot/conf.d/90-lab.conf
mkdir -p /var/vmail /etc/dovecot/sieve/before.d
mountpoint -q /var/vmail || mount -t tmpfs -o size=3g,mode=700 vmail /var/vmail   # Maildir on overlayfs is three times slower
chown vmail: /var/vmail
: > /etc/dovecot/users
: > /etc/postfix/vmailbox
: > /etc/postfix/vdomains
hash=$(openssl passwd -5 -salt labsaltlabsalt pw)
for d in $doms; do
  echo "$d OK" >> /etc/postfix/vdomains
  for u in alice bob carol; do
    echo "$u@$d:{SHA256-CRYPT}$hash:5000:5000::/var/vmail/$d/$u::userdb_quota_rule=*:storage=50M" >> /etc/dovecot/users
    echo "$u@$d $d/$u/" >> /etc/postfix/vmailbox
  done
done
echo "archive@$first:{PLAIN}archpw:5000:5000::/var/vmail/$first/archive::userdb_quota_rule=*:storage=0" >> /etc/dovecot/users
echo "archive@$first x" >> /etc/postfix/vmailbox
echo 'master:{PLAIN}masterpw' > /etc/dovecot/master-users
: > /etc/dovecot/deny-users
: > /etc/dovecot/deny-domains
chown root:dovecot /etc/dovecot/{users,master-users,deny-users,deny-domains}
chmod 640 /etc/dovecot/{users,master-users,deny-users,deny-domains}
install -m 755 /lab/host/quota-warning.sh /usr/local/bin/quota-warning.sh

# --- Postfix
cd /etc/postfix
echo 'root: ops' > /etc/aliases
newaliases
printf 'sales@%s alice@%s, bob@%s\nfwd@%s alice@%s, ext@sink.test\n' "$first" "$first" "$first" "$first" "$first" > valias
: > blocked_sender
: > blocked_client
: > blocked_rcpt
: > client_access.cidr
printf '/^X-Hold-Me:/ HOLD lab hold\n' > header_checks
for m in vdomains vmailbox valias blocked_sender blocked_client blocked_rcpt; do postmap "hash:$m"; done
postconf -e \
  "myhostname=$host.lab.test" 'mydestination=$myhostname, localhost' 'myorigin=$myhostname' \
  'mynetworks=127.0.0.0/8 [::1]/128' inet_protocols=ipv4 \
  smtpd_tls_cert_file=/etc/lab/tls.crt smtpd_tls_key_file=/etc/lab/tls.key \
  smtpd_tls_security_level=may smtp_tls_security_level=may smtpd_tls_loglevel=1 smtp_tls_loglevel=1 \
  smtpd_tls_received_header=yes \
  virtual_mailbox_domains=hash:/etc/postfix/vdomains virtual_mailbox_maps=hash:/etc/postfix/vmailbox \
  virtual_alias_maps=hash:/etc/postfix/valias virtual_transport=lmtp:unix:private/dovecot-lmtp \
  smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth smtpd_sasl_auth_enable=no smtpd_tls_auth_only=no \
  smtpd_milters=inet:127.0.0.1:11332 non_smtpd_milters= milter_default_action=accept \
  'milter_mail_macros=i {mail_addr} {client_addr} {client_name} {auth_authen}' \
  'smtpd_client_restrictions=check_client_access cidr:/etc/postfix/client_access.cidr, permit' \
  'smtpd_sender_restrictions=check_sender_access hash:/etc/postfix/blocked_sender, permit' \
  'smtpd_recipient_restrictions=check_recipient_access hash:/etc/postfix/blocked_rcpt, permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination' \
  header_checks=regexp:/etc/postfix/header_checks \
  minimal_backoff_time=300s queue_run_delay=300s maximal_queue_lifetime=5d
postconf -M 'submission/inet=submission inet n - y - - smtpd' 'submissions/inet=submissions inet n - y - - smtpd'
postconf -P \
  submission/inet/syslog_name=postfix/submission submission/inet/smtpd_tls_security_level=encrypt \
  submission/inet/smtpd_sasl_auth_enable=yes \
  'submission/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject' \
  submissions/inet/syslog_name=postfix/submissions submissions/inet/smtpd_tls_wrappermode=yes \
  submissions/inet/smtpd_sasl_auth_enable=yes \
  'submissions/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject'
if [ "$host" = mx2 ]; then
  postconf -e maillog_file=/var/log/postfix.log
  postconf -M 'postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd'
fi
cd /

# --- nftables and fail2ban. The table `inet site` and the jails stand for rules somebody else made.
mkdir -p /run/fail2ban
rm -f /etc/fail2ban/jail.d/defaults-debian.conf
touch /var/log/mail.log /var/log/auth.log /var/log/postfix.log
chown root:adm /var/log/mail.log /var/log/auth.log
chmod 640 /var/log/mail.log /var/log/auth.log
chmod 600 /var/log/postfix.log
sed "s/@NET@/$NET/g" /lab/host/jail.local > /etc/fail2ban/jail.local
case $host in
  mx2) sed -i 's#/var/log/mail.log#/var/log/postfix.log#' /etc/fail2ban/jail.local ;;
  mx3)
    # no log file at all on this one: fail2ban reads the journal, and Debian's unit is postfix@-, not postfix
    sed -i -e 's/^backend = .*/backend = systemd/' -e '/^logpath/d' -e 's/^mode = aggressive/&\njournalmatch = _SYSTEMD_UNIT=postfix@-.service/' /etc/fail2ban/jail.local
    rm -f /var/log/mail.log /var/log/auth.log /var/log/postfix.log
    ;;
esac
cp /lab/host/site.nft /etc/nftables.conf
sed -i '1i #!/usr/sbin/nft -f\nflush ruleset' /etc/nftables.conf
