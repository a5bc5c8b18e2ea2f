# The client host: swaks is started per call; sshd for jump-host tests; smtp-sink takes all mail for sink.test and
# keeps each message as a file in /var/spool/sink.
mkdir -p /var/spool/sink
chown nobody /var/spool/sink
/usr/sbin/sshd -D &
smtp-sink -u nobody -d '/var/spool/sink/%s.' "$NET.200:25" 128 &
wait_port 22
wait_port 25 "$NET.200"
