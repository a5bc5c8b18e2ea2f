#!/usr/bin/python3
"""Submits messages through sendmail. Reads one JSON object on stdin (see InjectOptions in host.ts), prints the
Message-IDs as a JSON array."""
import json, subprocess, sys, uuid

o = json.load(sys.stdin)
ids = []
for n in range(1, o.get('count', 1) + 1):
    fill = lambda text: text.replace('{n}', str(n))
    to = [fill(r) for r in o['to']]
    ids.append('<%s@lab.test>' % uuid.uuid4())
    headers = {'From': fill(o['from']) or 'MAILER-DAEMON', 'To': ', '.join(to), 'Subject': fill(o.get('subject', 'lab message {n}')),
               'Message-ID': ids[-1], **o.get('headers', {})}
    text = ''.join('%s: %s\n' % h for h in headers.items()) + '\n' + fill(o.get('body', 'body {n} of ' + ids[-1])) + '\n'
    # -i: a line with a single dot is text, not the end
    subprocess.run(['sendmail', '-i', '-f', fill(o['from']) or '<>', '--', *to], input=text.encode(), check=True)
print(json.dumps(ids))
