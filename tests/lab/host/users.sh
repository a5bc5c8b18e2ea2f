# Logins of a host and its sshd. root and ops have a password, ops may sudo with it, opsn without, plain not at all;
# limited gets what a test writes into /etc/sudoers.d; kbd can only log in by keyboard-interactive.
for u in ops opsn plain limited kbd; do
  useradd -m -s /bin/bash "$u"
  mkdir -p "/home/$u/.ssh"
  cat /lab/run/id_ed25519.pub /lab/run/id_encrypted.pub > "/home/$u/.ssh/authorized_keys"
  chmod 700 "/home/$u/.ssh"
  chown -R "$u:" "/home/$u"
done
rm -f /home/kbd/.ssh/authorized_keys
printf 'root:rootpw\nops:opspw\nopsn:opsnpw\nplain:plainpw\nlimited:limitedpw\nkbd:kbdpw\n' | chpasswd -c SHA256
usermod -aG adm plain
mkdir -p /root/.ssh
cat /lab/run/id_ed25519.pub /lab/run/id_encrypted.pub > /root/.ssh/authorized_keys
chmod 700 /root/.ssh
chown -R root: /root/.ssh
printf 'ops ALL=(ALL:ALL) ALL\nopsn ALL=(ALL:ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/lab
chmod 440 /etc/sudoers.d/lab

# Host keys are kept in the run directory, so that a client may pin them across `down` and `up`.
mkdir -p /run/sshd
for k in ed25519 rsa; do
  key=/lab/run/$host.hostkey_$k bits=
  [ $k = rsa ] && bits='-b 2048'
  [ -f "$key" ] || ssh-keygen -q -t $k $bits -N '' -C "$host" -f "$key"
  cp "$key" "/etc/ssh/ssh_host_${k}_key"
  cp "$key.pub" "/etc/ssh/ssh_host_${k}_key.pub"
done
chmod 600 /etc/ssh/ssh_host_*_key
chown root: /etc/ssh/ssh_host_*
cat > /etc/ssh/sshd_config.d/lab.conf <<Y
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_rsa_key
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication $([ "$host" = mx1 ] && echo yes || echo no)
UseDNS no
MaxStartups 100:30:200
MaxSessions 20
Match User kbd
  AuthenticationMethods keyboard-interactive
Y
[ "$host" = mx1 ] || sed -i '/^Match User kbd/,$d' /etc/ssh/sshd_config.d/lab.conf   # sshd refuses a method that is off
sed -i 's/^module(load="imklog".*/#&/' /etc/rsyslog.conf 2> /dev/null                # the kernel log is the machine's
