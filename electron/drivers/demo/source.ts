import type { DemoMessage } from './world.ts';

/** What one more pass through cleanup adds, as postsuper -r does on a real server. */
export const PASS_BYTES = Buffer.byteLength(receivedAgain());

function receivedAgain(): string {
  return 'Received: by demo.postdeck.example (Postfix, from userid 103); requeued by the console\n';
}

/** The raw source (RFC 5322) of a message; exactly as many bytes as the queue says. */
export function sourceOf(demo: DemoMessage): Buffer {
  const head = receivedAgain().repeat(demo.passes);
  const base = demo.message.sender === '' ? bounce(demo) : letter(demo);
  return Buffer.from(head + base);
}

function common(demo: DemoMessage): string {
  const { message } = demo;
  const date = new Date(message.arrivalTime).toUTCString().replace('GMT', '+0000');
  const from = message.sender === '' ? 'MAILER-DAEMON@demo.postdeck.example (Mail Delivery System)' : message.sender;
  return [
    demo.client === null
      ? `Received: by demo.postdeck.example (Postfix)\n\tid ${demo.origin}; ${date}`
      : `Received: from [${demo.client}] (unknown [${demo.client}])\n\tby demo.postdeck.example (Postfix) with ESMTPSA id ${demo.origin}; ${date}`,
    `Date: ${date}`,
    `From: ${from}`,
    `To: ${message.recipients.map(({ address }) => address).join(',\n\t')}`,
    `Subject: ${encodeHeader(demo.subject)}`,
    `Message-ID: <${demo.origin}.20261122@demo.postdeck.example>`,
    'MIME-Version: 1.0',
  ].join('\n');
}

/** An RFC 2047 encoded word a piece, each under 75 characters. */
function encodeHeader(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  const pieces: string[] = [];
  for (const letter of text) {
    const last = pieces.at(-1);
    if (last !== undefined && Buffer.byteLength(last + letter) <= 42) pieces[pieces.length - 1] = last + letter;
    else pieces.push(letter);
  }
  return pieces.map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString('base64')}?=`).join('\n ');
}

const TEXT = `Dzień dobry,

do końca listopada papier ksero i tonery są tańsze o 30%. Przy zamówieniu powyżej 500 zł dostawa jest bezpłatna.

Cennik w załączniku, zamówienia: https://sklep.firma.example/listopad

Pozdrawiam,
Anna Kowalska, dział sprzedaży
`;

// What a stranger's mail brings: a tracking picture, a script, a form. The console shows it as text and loads nothing.
const HTML = `<html><body><p>Dzień dobry,</p><p>do końca listopada papier ksero i tonery są tańsze o <b>30%</b>.</p>
<img src="https://tracker.example/open.gif?u=1" width="1" height="1"><script>document.title = 'ran'</script>
<p><a href="https://sklep.firma.example/listopad">Zamów</a></p></body></html>
`;

function letter(demo: DemoMessage): string {
  const mark = `=_${demo.origin}`;
  const start = `${common(demo)}
Content-Type: multipart/mixed; boundary="${mark}"

--${mark}
Content-Type: multipart/alternative; boundary="alt${mark}"

--alt${mark}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${TEXT}
--alt${mark}
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

${HTML}
--alt${mark}--

--${mark}
Content-Type: application/pdf; name="cennik-listopad-2026.pdf"
Content-Disposition: attachment; filename="cennik-listopad-2026.pdf"
Content-Transfer-Encoding: base64

`;
  const end = `\n--${mark}--\n`;
  return start + filler(demo.originSize - Buffer.byteLength(start) - Buffer.byteLength(end), 'JVBERi0xLjcK') + end;
}

function bounce(demo: DemoMessage): string {
  const start = `${common(demo)}
Auto-Submitted: auto-replied
Content-Type: text/plain; charset=us-ascii

This is the mail system at host demo.postdeck.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

`;
  return start + filler(demo.originSize - Buffer.byteLength(start), 'your message: ');
}

/** Exactly `bytes` bytes in lines of 76, the last one ended. */
function filler(bytes: number, of: string): string {
  if (bytes < 2) throw new Error(`a demo message is ${2 - bytes} bytes too small for its source`);
  const line = `${of.repeat(7).slice(0, 76)}\n`;
  const rest = bytes % line.length;
  const full = line.repeat(Math.floor(bytes / line.length));
  if (rest === 0) return full;
  return rest === 1 ? `${full.slice(0, -1)}${of[0] ?? ' '}\n` : `${full}${line.slice(0, rest - 1)}\n`;
}
