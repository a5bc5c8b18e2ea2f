# Waits until every service of a mail host answers, keeps the compiled patterns of a first rspamd start, and takes the
# snapshot that reset.sh goes back to.
for p in 22 25 143 993 587 465 995 4190 8080 24 11334 11332; do wait_port $p; done
for _ in $(seq 400); do fail2ban-client ping > /dev/null 2>&1 && break; sleep 0.05; done
fail2ban-client ping > /dev/null 2>&1 || echo 'fail2ban does not answer' >> /run/lab.problems
if [ ! -d /lab/cache/rspamd ]; then
  # the helper compiles on after the ports are open; both workers say when they have loaded the result
  for _ in $(seq 1200); do
    [ "$(grep -c 'rspamd_worker_hyperscan_ready: loading' /var/log/rspamd/rspamd.log)" -ge 2 ] && break
    sleep 0.05
  done
  mkdir "/lab/cache/rspamd.$LAB_NAME.$host" && cp /var/lib/rspamd/*.hs* "/lab/cache/rspamd.$LAB_NAME.$host/"
  mv -T "/lab/cache/rspamd.$LAB_NAME.$host" /lab/cache/rspamd 2> /dev/null || rm -rf "/lab/cache/rspamd.$LAB_NAME.$host"
fi
/lab/host/snapshot.sh
