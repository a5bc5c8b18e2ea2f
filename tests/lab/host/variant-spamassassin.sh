#!/bin/bash
# Has SpamAssassin's daemon judge mail that comes to port 25, with the name of each recipient, as a content filter of
# Postfix that runs spamc, in the place of rspamd. The argument says how it keeps users' preferences:
#   virtual  files below the mail folders (--virtual-config-dir)
#   home     files in the homes of system users (after variant-system.sh)
#   sql      MariaDB, the table of SpamAssassin's own schema (after variant-sql.sh)
#   off      no SpamAssassin, mail goes as before
# Needs systemd and the layer of packages-sql.txt. Safe to run again.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /lab/host/lib.sh
[ -x /usr/sbin/spamd ] || { echo 'no SpamAssassin here: this host was started without the SQL layer' >&2; exit 69; }
how=$1
systemctl stop spamd
rm -f /etc/spamassassin/lab.cf /etc/spamassassin/lab-sql.cf
if [ "$how" = off ]; then
  postconf -PX smtp/inet/content_filter smtp/inet/smtpd_milters
  postconf -MX spamassassin/unix
  systemctl reload postfix@-
  exit 0
fi

# one rule of the lab's own; of SpamAssassin's, none asks the network (-L)
printf 'header LAB_SUSPECT Subject =~ /suspect/\ndescribe LAB_SUSPECT Lab: the subject says so\nscore LAB_SUSPECT 7\n' > /etc/spamassassin/lab.cf
name='${recipient}'
case $how in
  virtual) options='-u vmail -x --virtual-config-dir=/var/vmail/%d/%l/.spamassassin' ;;
  home) options=-c name='${user}' ;;
  sql)
    options='-u debian-spamd -x -q'
    mysql -e "CREATE DATABASE IF NOT EXISTS spamassassin; CREATE OR REPLACE USER sa@localhost IDENTIFIED BY 'sapw'; GRANT SELECT ON spamassassin.* TO sa@localhost"
    mysql spamassassin -e "CREATE TABLE IF NOT EXISTS userpref (username varchar(100) NOT NULL default '', preference varchar(50) NOT NULL default '',
      value varchar(100) NOT NULL default '', prefid int(11) NOT NULL auto_increment, PRIMARY KEY (prefid), KEY username (username))"
    printf 'user_scores_dsn DBI:mysql:spamassassin:localhost\nuser_scores_sql_username sa\nuser_scores_sql_password sapw\n' > /etc/spamassassin/lab-sql.cf
    chown root:debian-spamd /etc/spamassassin/lab-sql.cf
    chmod 640 /etc/spamassassin/lab-sql.cf
    ;;
  *) echo 'variant-spamassassin.sh virtual|home|sql|off' >&2; exit 64 ;;
esac
echo "OPTIONS=\"-L --max-children 1 --min-children 1 $options\"" > /etc/default/spamd
systemctl start spamd
postconf -M "spamassassin/unix=spamassassin unix - n n - - pipe flags=Rq user=nobody argv=/usr/bin/spamc -u $name -e /usr/sbin/sendmail -G -i -f \${sender} \${recipient}"
postconf -e spamassassin_destination_recipient_limit=1
postconf -P smtp/inet/content_filter=spamassassin smtp/inet/smtpd_milters=
systemctl reload postfix@-
wait_port 783
