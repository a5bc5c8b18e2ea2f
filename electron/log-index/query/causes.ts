/** Why a server refused or put off a mail: from its enhanced status code (RFC 3463) and its words. */
import { text, type Text } from '#shared/model/text.ts';

export type Cause =
  | 'greylist'
  | 'rate'
  | 'listed'
  | 'blocklist'
  | 'full'
  | 'disabled'
  | 'unknown'
  | 'unroutable'
  | 'relay'
  | 'reverse'
  | 'auth'
  | 'content'
  | 'age'
  | 'wait'
  | 'loop'
  | 'login'
  | 'tls'
  | 'timeout'
  | 'refused'
  | 'lost'
  | 'network'
  | 'dns'
  | 'size'
  | 'helo'
  | 'sender'
  | 'early'
  | 'policy'
  | 'other';

/** In the order in which they are tried: the words say more than the code, and the first that fits is the nearest. */
const RULES: readonly (readonly [Cause, RegExp])[] = [
  ['greylist', /gr[ea]ylist|^(?:4\.7\.1 )?try again later\W*$|please come back later/i],
  ['listed', /(?:blocked using|listed (?:at|by|in|on)|black ?list at) \S*[a-z]\.[a-z]/i],
  [
    'login',
    /SASL authentication failed|auth(?:entication)? ?(?:required|failed)|must (?:first )?(?:log ?in|authenticate)/i,
  ],
  ['reverse', /cannot find your (?:reverse )?hostname|\bPTR\b|reverse (?:DNS|lookup|hostname)|\bfcrdns\b/i],
  ['auth', /\b(?:SPF|DKIM|DMARC)\b|unauthenticated (?:e?mail|sender)/i],
  ['blocklist', /black ?list|block ?list|spamhaus|spamcop|barracuda|\b(?:dns?|r|u)bl\b|\bDNSLIST\b|bad reputation/i],
  ['rate', /\brate\b|rate.?limit|too many (?:messages|mails|connections|concurrent|recipients|emails|sessions)/i],
  ['rate', /too (?:quickly|fast)|throttl|concurrency limit|limit exceeded for|exceeded the (?:maximum|max)/i],
  ['disabled', /(?:account|mailbox|user)\b.{0,40}\b(?:disabled|suspended|inactive|locked|blocked)|zawieszon/i],
  ['full', /quota|mailbox(?: \S+)? (?:is )?full|(?:mailbox|storage) (?:is )?over|insufficient (?:system )?storage/i],
  ['unknown', /(?:user|address|account|mailbox|recipient) (?:is )?(?:unknown|not found|unavailable)|unknown user/i],
  ['unknown', /unknown (?:recipient|mailbox|address|local)|no such (?:user|address|mailbox|recipient|person)/i],
  ['unknown', /does(?: not|n't) exist|no mailbox here|undeliverable address|invalid (?:recipient|mailbox)/i],
  ['unknown', /\bnomailbox\b/],
  ['unroutable', /unroute?able/i],
  ['wait', /retry time not (?:yet )?reached/i],
  ['loop', /loops? back|mail loop|mail forwarding loop|too many hops|"Received" headers|best-preference MX/i],
  ['relay', /relay (?:access )?(?:denied|not permitted|not allowed)|relaying (?:denied|not allowed|prohibited)/i],
  ['relay', /isn't in my (?:list of allowed rcpthosts|control)|not permitted to relay|unable to relay/i],
  ['age', /retry timeout exceeded|too long in the queue|in the queue too long|message expired/i],
  ['tls', /\bTLS\b|STARTTLS|certificate|\bSSL\b|\bDANE\b|encryption (?:needed|required)/i],
  ['timeout', /timed out|time-?out\b/i],
  ['refused', /connection refused/i],
  ['lost', /lost connection|closed (?:the )?connection|connection (?:reset|closed|dropped)|server dropped connection/i],
  ['network', /no route to host|network (?:is )?unreachable|network error|able to establish an SMTP connection/i],
  ['dns', /host or domain name not found|name service error|couldn't find any host|host not found|domain not found/i],
  ['dns', /host lookup|malformed DNS|all relevant MX records|does not resolve|CNAME lookup failed|null ?MX/i],
  ['size', /too (?:big|large)|message size|size limit|file size|exceeds? (?:the )?(?:fixed )?maximum/i],
  ['content', /spam|virus|infected|malware|phish|content reject|message content|unsolicited|junk/i],
  ['helo', /helo|ehlo/i],
  ['early', /pipelining|protocol error|PREGREET|before (?:the )?greeting|synchroni[sz]ation error|improper/i],
  ['sender', /\bchkusersender\b|\bqregexbmf\b/],
  ['sender', /sender (?:address )?(?:rejected|verify failed|denied)|sender verify/i],
];

/** Codes without their class, for replies whose words say nothing known. */
const CODES: Readonly<Record<string, Cause>> = {
  '1.1': 'unknown',
  '1.2': 'dns',
  '1.8': 'sender',
  '2.1': 'disabled',
  '2.2': 'full',
  '2.3': 'size',
  '3.4': 'size',
  '4.1': 'network',
  '4.4': 'dns',
  '4.6': 'loop',
  '4.7': 'age',
  '7.23': 'auth',
  '7.25': 'reverse',
  '7.26': 'auth',
};

export function causeOf(dsn: string | null, said: string): Cause {
  for (const [cause, words] of RULES) if (words.test(said)) return cause;
  const code = (dsn ?? '').slice(2);
  return CODES[code] ?? (code.startsWith('7.') ? 'policy' : 'other');
}

/** Longest stretch of a reply that a sentence quotes: real ones say what they mean in their first line. */
const QUOTED = 140;

/** A reply without what the sentence says itself: which host said it, to what, and its codes. */
export function saidOf(reply: string | null): string {
  return (reply ?? '')
    .slice(0, 2000)
    .replace(/^delivery temporarily suspended: /, '')
    .replace(/^(?:host|server) \S+(?: \(\S*\))? said: /, '')
    .replace(/^.*?(?:SMTP|LMTP) error from remote mail server after [^:]*(?::<[^>]*>[^:]*)?: /, '')
    .replace(/^.*?Remote host said: /, '')
    .replace(/ ?\(in reply to [^)]*\)$/, '')
    .replace(/ ?Giving up on \S*$/, '')
    .replace(/^(?:[45]\d\d[ -])?(?:[45]\.\d+\.\d+ )?/, '')
    .replace(/^<[^>]*>: ?/, '')
    .replace(/^DT=\S+: /, '')
    .replace(/^(\w+) detail=(.*)$/, (_, code: string, words: string) =>
      `${code}: ${words}`.replaceAll('_', ' ').replace(/: $/, ''),
    )
    .trim();
}

/** Code and cause in a few words; the server's own words where no cause is known. `code`: '' when there is none. */
export function whyOf(code: string, cause: Cause, said: string): Text | string {
  const words = wordsOf(cause, said);
  if (code === '') return words;
  return text(/*i18n*/ { id: 'trace.why', message: '{code}, {cause}' }, { code, cause: words });
}

function quoted(said: string): Text {
  if (said === '') return text(/*i18n*/ { id: 'trace.cause.none', message: 'the log gives no reason' });
  const words = said.length > QUOTED ? `${said.slice(0, QUOTED - 1)}…` : said;
  return text(/*i18n*/ { id: 'trace.cause.said', message: '“{words}”' }, { words });
}

function wordsOf(cause: Cause, said: string): Text {
  switch (cause) {
    case 'greylist':
      return text(/*i18n*/ { id: 'trace.cause.greylist', message: 'greylisting' });
    case 'rate':
      return text(/*i18n*/ { id: 'trace.cause.rate', message: 'rate limit' });
    case 'listed': {
      const list = /(?:blocked using|listed (?:at|by|in|on)|list at) ([\w.-]*\w)/i.exec(said)?.[1] ?? '';
      return text(/*i18n*/ { id: 'trace.cause.listed', message: 'listed by {list}' }, { list });
    }
    case 'blocklist':
      return text(/*i18n*/ { id: 'trace.cause.blocklist', message: 'sending address on a block list' });
    case 'full':
      return text(/*i18n*/ { id: 'trace.cause.full', message: 'mailbox full' });
    case 'disabled':
      return text(/*i18n*/ { id: 'trace.cause.disabled', message: 'mailbox disabled' });
    case 'unknown':
      return text(/*i18n*/ { id: 'trace.cause.unknown', message: 'no such mailbox' });
    case 'unroutable':
      return text(/*i18n*/ { id: 'trace.cause.unroutable', message: 'no route to this address' });
    case 'wait':
      return text(/*i18n*/ { id: 'trace.cause.wait', message: 'its turn has not come' });
    case 'relay':
      return text(/*i18n*/ { id: 'trace.cause.relay', message: 'relaying not allowed' });
    case 'reverse':
      return text(/*i18n*/ { id: 'trace.cause.reverse', message: 'the sending address has no proper reverse DNS' });
    case 'auth':
      return text(/*i18n*/ { id: 'trace.cause.auth', message: 'SPF, DKIM or DMARC failed' });
    case 'content':
      return text(/*i18n*/ { id: 'trace.cause.content', message: 'content refused as spam or virus' });
    case 'age':
      return text(/*i18n*/ { id: 'trace.cause.age', message: 'too long in the queue' });
    case 'loop':
      return text(/*i18n*/ { id: 'trace.cause.loop', message: 'mail loop' });
    case 'login':
      return text(/*i18n*/ { id: 'trace.cause.login', message: 'login required or refused' });
    case 'tls':
      return text(/*i18n*/ { id: 'trace.cause.tls', message: 'TLS problem' });
    case 'timeout':
      return text(/*i18n*/ { id: 'trace.cause.timeout', message: 'connection timed out' });
    case 'refused':
      return text(/*i18n*/ { id: 'trace.cause.refused', message: 'connection refused' });
    case 'lost':
      return text(/*i18n*/ { id: 'trace.cause.lost', message: 'connection lost' });
    case 'network':
      return text(/*i18n*/ { id: 'trace.cause.network', message: 'no connection' });
    case 'dns':
      return text(/*i18n*/ { id: 'trace.cause.name', message: 'the domain or its mail server is not found in DNS' });
    case 'size':
      return text(/*i18n*/ { id: 'trace.cause.size', message: 'message too large' });
    case 'helo':
    case 'sender':
    case 'early':
    case 'other':
      return quoted(said);
    case 'policy':
      return said === '' ? text(/*i18n*/ { id: 'trace.cause.policy', message: 'refused by policy' }) : quoted(said);
  }
}

/**
 * What a person can do about it; '' when nothing helps but waiting. `host`: who said it. `here`: the fault is on this
 * server.
 */
export function adviceOf(cause: Cause, host: string, here: boolean): Text | '' {
  switch (cause) {
    case 'greylist':
    case 'age':
    case 'wait':
      return '';
    case 'rate':
      return text(/*i18n*/ { id: 'trace.do.rate', message: 'If it lasts, send to this domain more slowly.' });
    case 'listed':
    case 'blocklist':
      return text(
        /*i18n*/ { id: 'trace.do.blocklist', message: 'Have the sending address taken off the list, then send again.' },
      );
    case 'full':
      return text(/*i18n*/ { id: 'trace.do.full', message: 'The recipient must make room.' });
    case 'disabled':
    case 'unknown':
    case 'unroutable':
      return text(/*i18n*/ { id: 'trace.do.unknown', message: 'Check the address.' });
    case 'relay':
      return text(
        /*i18n*/ { id: 'trace.do.relay', message: 'Check that {host} is the mail server of that domain.' },
        { host },
      );
    case 'reverse':
      return text(/*i18n*/ { id: 'trace.do.reverse', message: 'Give the sending address a matching name in DNS.' });
    case 'auth':
      return text(/*i18n*/ { id: 'trace.do.auth', message: 'Check SPF, DKIM and DMARC of the sender’s domain.' });
    case 'content':
      return text(/*i18n*/ { id: 'trace.do.content', message: 'Check what in it looks like spam or a virus.' });
    case 'loop':
      return text(
        /*i18n*/ { id: 'trace.do.loop', message: 'Check forwards, and which domains each server takes as its own.' },
      );
    case 'login':
      return text(/*i18n*/ { id: 'trace.do.login', message: 'Check the user name and password for {host}.' }, { host });
    case 'tls':
      return text(/*i18n*/ { id: 'trace.do.tls', message: 'Check the TLS settings for {host}.' }, { host });
    case 'timeout':
    case 'refused':
    case 'lost':
    case 'network':
      return text(
        /*i18n*/ { id: 'trace.do.reach', message: 'If it lasts, check the way from here to {host}.' },
        { host },
      );
    case 'dns':
      return text(/*i18n*/ { id: 'trace.do.dns', message: 'Check the spelling of the domain, and its DNS.' });
    case 'size':
      return text(/*i18n*/ { id: 'trace.do.size', message: 'Send it smaller, or in another way.' });
    case 'helo':
      return text(/*i18n*/ { id: 'trace.do.helo', message: 'Correct the name the sending server gives itself.' });
    case 'sender':
      return text(/*i18n*/ { id: 'trace.do.sender', message: 'Check the sender’s address.' });
    case 'early':
    case 'policy':
    case 'other':
      if (here)
        return text(/*i18n*/ { id: 'trace.do.here', message: 'The cause is on this server: check its settings.' });
      return text(
        /*i18n*/ { id: 'trace.do.ask', message: 'If the reply is not clear, ask the postmaster of {host}.' },
        { host },
      );
  }
}

/** Sentences one after the other; empty ones are left out. */
export function join(first: Text, ...rest: readonly (Text | '')[]): Text {
  const more = rest.filter((part) => part !== '');
  const [second] = more;
  if (second === undefined) return first;
  return text(
    /*i18n*/ { id: 'trace.join', message: '{first} {second}' },
    { first, second: join(second, ...more.slice(1)) },
  );
}
