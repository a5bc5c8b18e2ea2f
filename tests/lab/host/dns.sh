# Authoritative answers for the lab; everything else is NXDOMAIN at once, so that no look-up ever hangs.
#   down.test   its host refuses port 25: deferred at once      dead.test   an address nobody has: deferred after 3 s
#   rbl.lab.test   a block list with one entry, the client address .203
{
  cat <<Y
no-resolv
no-hosts
user=root
pid-file=
keep-in-foreground
log-queries
log-facility=/var/log/dns.log
address=/#/
local=/#/
host-record=mx1.lab.test,$NET.11,${NET6}11
host-record=mx2.lab.test,$NET.12,${NET6}12
host-record=mx3.lab.test,$NET.13,${NET6}13
host-record=mx1b.lab.test,$NET.111
host-record=cli.lab.test,$NET.200
host-record=dns.lab.test,$NET.53
host-record=down.lab.test,$NET.53
host-record=dead.lab.test,$NET.99
mx-host=down.test,down.lab.test,10
mx-host=a.down.test,down.lab.test,10
mx-host=b.down.test,down.lab.test,10
mx-host=c.down.test,down.lab.test,10
mx-host=d.down.test,down.lab.test,10
mx-host=dead.test,dead.lab.test,10
mx-host=sink.test,cli.lab.test,10
txt-record=alpha.test,"v=spf1 ip4:$NET.11 ip4:$NET.111 -all"
txt-record=gamma.test,"v=spf1 ip4:$NET.12 -all"
txt-record=_dmarc.alpha.test,"v=DMARC1; p=reject"
host-record=203.$REV.rbl.lab.test,127.0.0.2
txt-record=203.$REV.rbl.lab.test,"listed for lab tests"
Y
  for h in mx1 mx2 mx3; do
    for d in $(domains $h); do echo "mx-host=$d,$h.lab.test,10"; done
  done
} > /etc/lab-dns.conf
dnsmasq -C /etc/lab-dns.conf &
wait_port 53
