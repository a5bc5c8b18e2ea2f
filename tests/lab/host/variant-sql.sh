#!/bin/bash
# Turns a running mail host into one whose accounts live in MariaDB with PostfixAdmin's own schema, with the queries of
# PostfixAdmin's documentation (POSTFIX_CONF.txt, DOVECOT.txt). Needs the layer of packages-sql.txt. Safe to run again.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /lab/host/lib.sh
host=$(hostname -s) doms=$(domains "$(hostname -s)")
command -v mariadbd > /dev/null || { echo 'no MariaDB here: this host was started without the SQL layer' >&2; exit 69; }

# --- the database, data in memory
if ! mysqladmin ping > /dev/null 2>&1; then
  mountpoint -q /var/lib/mysql || mount -t tmpfs -o mode=700 mysql /var/lib/mysql
  chown mysql: /var/lib/mysql
  mkdir -p /run/mysqld && chown mysql: /run/mysqld
  [ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql --auth-root-authentication-method=socket > /dev/null 2>&1
  setsid --fork mariadbd --user=mysql --skip-log-bin --innodb-flush-log-at-trx-commit=2 --bind-address=127.0.0.1 \
    < /dev/null >> /var/log/lab-mysql.log 2>&1
  for _ in $(seq 400); do mysqladmin ping > /dev/null 2>&1 && break; sleep 0.05; done
fi
mysql -e "CREATE DATABASE IF NOT EXISTS postfix CHARACTER SET utf8mb4;
  CREATE OR REPLACE USER postfix@localhost IDENTIFIED BY 'sqlpw'; GRANT SELECT ON postfix.* TO postfix@localhost;
  CREATE OR REPLACE USER postfixadmin@localhost IDENTIFIED BY 'pfapw'; GRANT ALL ON postfix.* TO postfixadmin@localhost;"

# --- PostfixAdmin's schema, made by its own upgrade.php
cat > /etc/postfixadmin/dbconfig.inc.php <<'Y'
<?php
$dbuser='postfixadmin'; $dbpass='pfapw'; $basepath=''; $dbname='postfix'; $dbserver='localhost'; $dbport='3306'; $dbtype='mysqli';
Y
echo "<?php \$CONF['configured']=true; \$CONF['database_type']='mysqli'; \$CONF['encrypt']='dovecot:SHA512-CRYPT'; \$CONF['domain_path']='YES'; \$CONF['domain_in_mailbox']='NO'; \$CONF['quota']='YES';" > /etc/postfixadmin/config.local.php
ln -sf /etc/postfixadmin/config.local.php /usr/share/postfixadmin/config.local.php
(cd /usr/share/postfixadmin/public && php upgrade.php > /var/log/lab-postfixadmin.log 2>&1)
mysql postfix -e 'SELECT 1 FROM mailbox LIMIT 1' > /dev/null || { cat /var/log/lab-postfixadmin.log >&2; exit 1; }

# --- the same people as on the other hosts
hash=$(openssl passwd -6 -salt labsaltlabsalt pw)
{
  echo 'SET NAMES utf8mb4; DELETE FROM alias_domain; DELETE FROM mailbox; DELETE FROM alias; DELETE FROM domain;'
  for d in ALL $doms; do
    echo "INSERT INTO domain (domain,description,transport,quota,maxquota,backupmx,active,created,modified) VALUES ('$d','','virtual',0,0,0,1,NOW(),NOW());"
  done
  for d in $doms; do
    for u in alice bob carol; do
      echo "INSERT INTO mailbox (username,password,name,maildir,quota,local_part,domain,active,created,modified) VALUES ('$u@$d','{SHA512-CRYPT}$hash','','$d/$u/',52428800,'$u','$d',1,NOW(),NOW());"
      echo "INSERT INTO alias (address,goto,domain,active,created,modified) VALUES ('$u@$d','$u@$d','$d',1,NOW(),NOW());"
    done
    echo "INSERT INTO alias (address,goto,domain,active,created,modified) VALUES ('sales@$d','alice@$d,bob@$d','$d',1,NOW(),NOW());"
  done
} | mysql postfix

# --- Dovecot
cat > /etc/dovecot/dovecot-sql.conf.ext <<'Y'
driver = mysql
connect = host=localhost dbname=postfix user=postfix password=sqlpw
default_pass_scheme = MD5-CRYPT
password_query = SELECT username AS user, password FROM mailbox WHERE username = '%u' AND active = '1'
user_query = SELECT CONCAT('/var/vmail/', maildir) AS home, 5000 AS uid, 5000 AS gid, \
  CONCAT('*:bytes=', quota) AS quota_rule \
  FROM mailbox WHERE username = '%u' AND active = '1'
iterate_query = SELECT username AS user FROM mailbox WHERE active = '1'
Y
chmod 640 /etc/dovecot/dovecot-sql.conf.ext
chown root:dovecot /etc/dovecot/dovecot-sql.conf.ext
perl -0pi -e 's#passdb \{\n  driver = passwd-file\n  args = scheme=.*?\n\}#passdb {\n  driver = sql\n  args = /etc/dovecot/dovecot-sql.conf.ext\n}#; s#userdb \{\n  driver = passwd-file\n.*?\n\}#userdb {\n  driver = sql\n  args = /etc/dovecot/dovecot-sql.conf.ext\n}#' /etc/dovecot/conf.d/90-lab.conf

# --- Postfix
mkdir -p /etc/postfix/sql
map() {
  printf 'user = postfix\npassword = sqlpw\nhosts = 127.0.0.1\ndbname = postfix\nquery = %s\n' "$2" > "/etc/postfix/sql/$1.cf"
  chmod 640 "/etc/postfix/sql/$1.cf"; chgrp postfix "/etc/postfix/sql/$1.cf"
}
mysql -e "CREATE OR REPLACE USER postfix@'127.0.0.1' IDENTIFIED BY 'sqlpw'; GRANT SELECT ON postfix.* TO postfix@'127.0.0.1'"
map domains "SELECT domain FROM domain WHERE domain='%s' AND active = '1'"
map aliases "SELECT goto FROM alias WHERE address='%s' AND active = '1'"
map alias_domains "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d' and alias.address = CONCAT('%u', '@', alias_domain.target_domain) AND alias.active = 1 AND alias_domain.active='1'"
map mailboxes "SELECT maildir FROM mailbox WHERE username='%s' AND active = '1'"
postconf -e virtual_mailbox_domains=proxy:mysql:/etc/postfix/sql/domains.cf \
  'virtual_alias_maps=proxy:mysql:/etc/postfix/sql/aliases.cf, proxy:mysql:/etc/postfix/sql/alias_domains.cf' \
  virtual_mailbox_maps=proxy:mysql:/etc/postfix/sql/mailboxes.cf
/lab/host/svc.sh restart dovecot postfix
wait_port 143
wait_port 25
