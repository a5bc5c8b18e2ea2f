#!/usr/bin/python3
"""Writes many messages straight into the deferred or hold queue. Reads one JSON object on stdin (see FillOptions in
host.ts), prints the queue ids, oldest message first.

The files are what Postfix 3.x writes: records of type, length (7 bits a byte, low first) and data; the sizes record has
message size, offset of the content, number of recipients; a file is named by the microsecond and its inode, owned by
postfix, mode 0700 once complete. A deferred message has its reasons in a file of the same name under defer/, and the
modification time is when it is tried next."""
import json, os, pwd, sys, time

o = json.load(sys.stdin)
count, queue, domain = o['count'], o.get('queue', 'deferred'), o.get('domain') or 'alpha.test'
senders = o.get('senders') or ['user%d@%s' % (i, domain) for i in range(1, 21)]
recipients = o.get('recipients') or ['rcpt{n}@%s.down.test' % d for d in ('a', 'b', 'c', 'd')] + ['rcpt{n}@down.test']
per_message = o.get('recipientsPerMessage', 1)
subject = o.get('subject', 'queued message {n}')
reasons = o.get('reasons') or [
    'connect to down.lab.test[192.0.2.53]:25: Connection refused',
    'connect to dead.lab.test[192.0.2.99]:25: No route to host',
    'host mx.down.test[192.0.2.25] said: 451 4.7.1 Try again later (in reply to RCPT TO command)',
    'Host or domain name not found. Name service error for name=a.down.test type=MX: Host not found, try again',
]
sizes = o.get('sizes') or [200, 700, 1500, 4000, 9000, 20000]
spread = o.get('spread', 86400)

spool = '/var/spool/postfix'
user = pwd.getpwnam('postfix')
hostname = open('/etc/mailname').read().strip()
scratch = spool + '/lab-scratch'
now = time.time()


def record(kind, data):
    n, head = len(data), bytearray(kind)
    while True:
        n, low = n >> 7, n & 127
        head.append(low | (128 if n else 0))
        if not n:
            return bytes(head) + data


def put(path, data, mode, mtime):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, data)
    os.fchown(fd, user.pw_uid, user.pw_gid)
    os.utime(fd, (now, mtime))
    os.fchmod(fd, mode)
    os.close(fd)


def status(reason):
    if ' said: ' in reason:
        words = reason.split(' said: ', 1)[1].split()
        return words[1] if len(words) > 1 and words[1].count('.') == 2 else '4.0.0'
    return '4.4.3' if 'Name service' in reason else '4.4.1'


os.makedirs(scratch, mode=0o700, exist_ok=True)
os.chown(scratch, user.pw_uid, user.pw_gid)
filler = ('The quick brown fox jumps over the lazy dog and files a delivery report.' + '\n') * 400
ids = []
for n in range(1, count + 1):
    arrival = now - spread * (count - n) / max(count, 1)
    sender = senders[n % len(senders)]
    to = [recipients[(n * per_message + i) % len(recipients)].replace('{n}', str(n if i == 0 else '%d.%d' % (n, i)))
          for i in range(per_message)]

    # the file comes first: its inode is part of the queue id
    temporary = '%s/%d' % (scratch, n)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    micro = int(arrival * 1e6) % 1000000
    queue_id = '%05X%X' % (micro, os.fstat(fd).st_ino)
    date = time.strftime('%a, %d %b %Y %H:%M:%S +0000 (UTC)', time.gmtime(arrival))

    envelope = [record(b'T', b'%d %d' % (int(arrival), micro)), record(b'A', b'create_time=%d' % int(arrival)),
                record(b'A', b'rewrite_context=local'), record(b'F', b'root'), record(b'S', sender.encode())]
    position = len(record(b'C', b' ' * 95)) + sum(map(len, envelope))
    offsets = []
    for r in to:
        before = [record(b'A', b'dsn_orig_rcpt=rfc822;' + r.encode()), record(b'O', r.encode())]
        offsets.append(position + sum(map(len, before)))
        envelope += before + [record(b'R', r.encode())]
        position += sum(map(len, envelope[-3:]))
    envelope.append(record(b'M', b''))
    position += 2

    lines = ['Received: by %s (Postfix, from userid 0)' % hostname, '\tid %s; %s' % (queue_id, date),
             'From: %s' % (sender or 'MAILER-DAEMON'), 'To: %s' % ', '.join(to),
             'Subject: %s' % subject.replace('{n}', str(n)),
             'Message-ID: <%s.%s@%s>' % (time.strftime('%Y%m%d%H%M%S', time.gmtime(arrival)), queue_id, hostname),
             'Date: %s' % date, '']
    lines += filler[:sizes[n % len(sizes)]].rstrip('\n').split('\n')
    content = [record(b'N', line.encode()) for line in lines]
    size = sum(map(len, content))   # as records, not as lines: the queue manager skips that many bytes
    head = record(b'C', b'%15d %15d %15d %15d %15d %15d' % (size, position, len(to), 0, size, 0))

    if queue == 'deferred':
        log = []
        for i, r in enumerate(to):
            reason = reasons[(n + i) % len(reasons)]
            log.append('\n<%s>: %s\nrecipient=%s\noffset=%d\ndsn_orig_rcpt=rfc822;%s\nstatus=%s\naction=delayed\nreason=%s\n\n'
                       % (r, reason, r, offsets[i], r, status(reason), reason))
        folder = '%s/defer/%s' % (spool, queue_id[0])
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.chown(folder, user.pw_uid, user.pw_gid)
        put('%s/%s' % (folder, queue_id), ''.join(log).encode(), 0o600, now)

    os.write(fd, head + b''.join(envelope) + b''.join(content) + record(b'X', b'') + record(b'E', b''))
    os.fchown(fd, user.pw_uid, user.pw_gid)
    os.utime(fd, (now, now + 86400 if queue == 'deferred' else now))
    os.fchmod(fd, 0o700)
    os.close(fd)
    folder = '%s/%s' % (spool, queue) if queue == 'hold' else '%s/%s/%s' % (spool, queue, queue_id[0])
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.rename(temporary, '%s/%s' % (folder, queue_id))
    ids.append(queue_id)
os.rmdir(scratch)
print('\n'.join(ids))
