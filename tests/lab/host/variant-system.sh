#!/bin/bash
# Turns a running mail host into one whose accounts are system users: PAM and passwd in Dovecot, the domain in
# mydestination, aliases in /etc/aliases. Safe to run again.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /lab/host/lib.sh
doms=$(domains "$(hostname -s)") first=${doms%% *}
perl -0pi -e 's#passdb \{\n  driver = passwd-file\n  args = scheme=.*?\n\}#passdb {\n  driver = pam\n  args = dovecot\n}#; s#userdb \{\n  driver = passwd-file\n.*?\n\}#userdb {\n  driver = passwd\n}#; s#^mail_[ug]id = .*\n##mg; s#^first_valid_uid = .*#first_valid_uid = 1000\nauth_username_format = %Ln#m' /etc/dovecot/conf.d/90-lab.conf
# a wrong password is told at once, as on the other hosts
sed -i 's/pam_unix.so nullok/& nodelay/' /etc/pam.d/common-auth
for u in alice bob carol; do
  id "$u" > /dev/null 2>&1 || useradd -m -s /usr/sbin/nologin "$u"
  echo "$u:pw" | chpasswd -c SHA512
done
printf 'root: ops\nsales: alice, bob\n' > /etc/aliases
newaliases
postconf -e virtual_mailbox_domains= virtual_mailbox_maps= virtual_alias_maps= "mydestination=\$myhostname, localhost, $first" \
  "myorigin=$first" mailbox_transport=lmtp:unix:private/dovecot-lmtp local_recipient_maps='proxy:unix:passwd.byname $alias_maps'
/lab/host/svc.sh restart dovecot postfix
wait_port 143
wait_port 25
