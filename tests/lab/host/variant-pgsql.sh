#!/bin/bash
# As variant-sql.sh, with PostgreSQL. Run after it on the same host: Dovecot and Postfix then ask the other database.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /lab/host/lib.sh
doms=$(domains "$(hostname -s)")
version=$(ls /usr/lib/postgresql)
bin=/usr/lib/postgresql/$version/bin data=/var/lib/postgresql/lab
if ! runuser -u postgres -- psql -qc 'SELECT 1' > /dev/null 2>&1; then
  mountpoint -q /var/lib/postgresql || mount -t tmpfs -o mode=755 pgsql /var/lib/postgresql
  mkdir -p $data /run/postgresql && chown postgres: /var/lib/postgresql $data /run/postgresql
  [ -f $data/PG_VERSION ] || runuser -u postgres -- $bin/initdb -A peer --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 -D $data > /dev/null
  runuser -u postgres -- $bin/pg_ctl -D $data -w -l /var/lib/postgresql/log -o '-c listen_addresses=127.0.0.1 -c fsync=off' start > /dev/null
fi
psql() { runuser -u postgres -- psql -Xq -v ON_ERROR_STOP=1 "$@"; }
psql -tAc "SELECT 1 FROM pg_roles WHERE rolname='postfixadmin'" | grep -q 1 || psql -c "CREATE ROLE postfixadmin LOGIN PASSWORD 'pfapw'" -c "CREATE ROLE postfix LOGIN PASSWORD 'sqlpw'" -c 'CREATE DATABASE postfix OWNER postfixadmin'
cat > /etc/postfixadmin/dbconfig.inc.php <<'Y'
<?php
$dbuser='postfixadmin'; $dbpass='pfapw'; $basepath=''; $dbname='postfix'; $dbserver='127.0.0.1'; $dbport='5432'; $dbtype='pgsql';
Y
sed -i "s/mysqli/pgsql/" /etc/postfixadmin/config.local.php
(cd /usr/share/postfixadmin/public && php upgrade.php > /var/log/lab-postfixadmin-pg.log 2>&1) || true
psql -d postfix -c 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO postfix' || { cat /var/log/lab-postfixadmin-pg.log >&2; exit 1; }
hash=$(openssl passwd -6 -salt labsaltlabsalt pw)
{
  echo 'DELETE FROM alias_domain; DELETE FROM mailbox; DELETE FROM alias; DELETE FROM domain;'
  for d in ALL $doms; do echo "INSERT INTO domain (domain,description,transport,active) VALUES ('$d','','virtual',true);"; done
  for d in $doms; do
    for u in alice bob carol; do
      echo "INSERT INTO mailbox (username,password,name,maildir,quota,local_part,domain,active) VALUES ('$u@$d','{SHA512-CRYPT}$hash','','$d/$u/',52428800,'$u','$d',true);"
      echo "INSERT INTO alias (address,goto,domain,active) VALUES ('$u@$d','$u@$d','$d',true);"
    done
    echo "INSERT INTO alias (address,goto,domain,active) VALUES ('sales@$d','alice@$d,bob@$d','$d',true);"
  done
} | psql -d postfix

cat > /etc/dovecot/dovecot-sql.conf.ext <<'Y'
driver = pgsql
connect = host=127.0.0.1 dbname=postfix user=postfix password=sqlpw
default_pass_scheme = MD5-CRYPT
password_query = SELECT username AS user, password FROM mailbox WHERE username = '%u' AND active = true
user_query = SELECT '/var/vmail/' || maildir AS home, 5000 AS uid, 5000 AS gid, \
  '*:bytes=' || quota AS quota_rule FROM mailbox WHERE username = '%u' AND active = true
iterate_query = SELECT username AS user FROM mailbox WHERE active = true
Y
map() {
  printf 'user = postfix\npassword = sqlpw\nhosts = 127.0.0.1\ndbname = postfix\nquery = %s\n' "$2" > "/etc/postfix/sql/pg_$1.cf"
  chmod 640 "/etc/postfix/sql/pg_$1.cf"; chgrp postfix "/etc/postfix/sql/pg_$1.cf"
}
map domains "SELECT domain FROM domain WHERE domain='%s' AND active = true"
map aliases "SELECT goto FROM alias WHERE address='%s' AND active = true"
map alias_domains "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d' and alias.address = '%u' || '@' || alias_domain.target_domain AND alias.active = true AND alias_domain.active = true"
map mailboxes "SELECT maildir FROM mailbox WHERE username='%s' AND active = true"
postconf -e virtual_mailbox_domains=proxy:pgsql:/etc/postfix/sql/pg_domains.cf \
  'virtual_alias_maps=proxy:pgsql:/etc/postfix/sql/pg_aliases.cf, proxy:pgsql:/etc/postfix/sql/pg_alias_domains.cf' \
  virtual_mailbox_maps=proxy:pgsql:/etc/postfix/sql/pg_mailboxes.cf
/lab/host/svc.sh restart dovecot postfix
wait_port 143
wait_port 25
