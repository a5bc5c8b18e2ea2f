# Sourced by every script that runs inside the lab (the switch and the hosts). Settings come from run/lab.env, which
# `lab up` writes: LAB_NAME LAB_TOKEN NET (10.77.5) NET6 (fd77:0:0:5::) REV (5.77.10, for the DNS block list).
# A host sees these scripts as /lab/host, the run directory as /lab/run and the base layer's cache as /lab/cache.
. "${RUN:=/lab/run}/lab.env"

last_octet() { case $1 in dns) echo 53 ;; mx1) echo 11 ;; mx2) echo 12 ;; mx3) echo 13 ;; cli) echo 200 ;; esac; }
domains() { case $1 in mx1) echo alpha.test beta.test ;; mx2) echo gamma.test ;; mx3) echo epsilon.test ;; esac; }

# wait_port PORT [ADDRESS]: up to 3 minutes (a first rspamd start on a busy machine takes one); a port that never opens is written down and reported by `lab up`
wait_port() {
  local i
  for i in $(seq 1 3600); do
    (exec 3<> "/dev/tcp/${2:-127.0.0.1}/$1") 2> /dev/null && return 0
    sleep 0.05
  done
  echo "port $1 never opened" >> /run/lab.problems
}

# The last step of a start. Written whole and renamed: a half written file must not count.
# The token is this run's own, so that a file left by an earlier run is never taken for an answer.
say_ready() {
  touch /run/lab.problems
  { echo "token=$LAB_TOKEN"; cat /run/lab.problems; } > /run/lab.ready.new
  mv /run/lab.ready.new /run/lab.ready
}
