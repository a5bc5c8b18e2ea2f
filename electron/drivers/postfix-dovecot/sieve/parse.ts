/**
 * Reads our own script back. It is read by its grammar (RFC 5228 section 8), then written again and compared: only a
 * script that comes out byte for byte is ours to edit; any other is shown and left alone.
 */
import { NO_SIEVE, SieveSettings, type SieveRule, type SieveTest } from '#shared/model/sieve.ts';
import { generateSieve } from './generate.ts';

type Token =
  | { kind: 'word' | 'tag' | 'number' | 'mark'; text: string }
  | { kind: 'string'; text: string }
  | { kind: 'section'; text: string };

export type OwnScript = { own: true; settings: SieveSettings; previous: string | null } | { own: false };

/** The settings a script of ours stands for; `own: false` for a script written or changed by hand. */
export function parseOwnSieve(script: string): OwnScript {
  const text = script.replace(/\r\n/g, '\n');
  try {
    const { settings, previous } = new Reader(tokenize(text)).script();
    const checked = SieveSettings.safeParse(settings);
    if (!checked.success || generateSieve(checked.data, previous) !== text) return { own: false };
    return { own: true, settings: checked.data, previous };
  } catch (error) {
    if (error instanceof Unexpected) return { own: false };
    throw error;
  }
}

class Unexpected extends Error {}

/** Comments that name a section count; other comments do not. */
function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  // `#- ` in front of the lines of a disabled rule is white space here; inside a string it is text
  const pattern =
    /(?:[ \t\n]|^#- )+|# (deny|allow|spam|notify|hook|vacation|forward|previous)\n|# rule ([^\n]*)\n(#- )?|#[^\n]*\n|"((?:[^"\\]|\\.)*)"|:([a-z]+)|([a-z]+)|(\d+)|([{}()[\],;])|(.)/gmsy;
  for (const m of script.matchAll(pattern)) {
    if (m[1] !== undefined) tokens.push({ kind: 'section', text: m[1] });
    else if (m[2] !== undefined)
      tokens.push({ kind: 'section', text: `${m[3] === undefined ? 'rule' : 'off'} ${m[2]}` });
    else if (m[4] !== undefined) tokens.push({ kind: 'string', text: m[4].replace(/\\(.)/gs, '$1') });
    else if (m[5] !== undefined) tokens.push({ kind: 'tag', text: m[5] });
    else if (m[6] !== undefined) tokens.push({ kind: 'word', text: m[6] });
    else if (m[7] !== undefined) tokens.push({ kind: 'number', text: m[7] });
    else if (m[8] !== undefined) tokens.push({ kind: 'mark', text: m[8] });
    else if (m[9] !== undefined) throw new Unexpected(m[9]);
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  script(): { settings: SieveSettings; previous: string | null } {
    const settings: SieveSettings = { ...NO_SIEVE, allow: [], deny: [], rules: [] };
    let previous: string | null = null;
    if (this.#try('word', 'require')) {
      this.#strings();
      this.#need('mark', ';');
    }
    while (this.#at < this.#tokens.length) {
      const section = this.#need('section').text;
      if (section === 'deny' || section === 'allow') settings[section] = this.#senders();
      else if (section === 'spam') settings.spam = this.#spam();
      else if (section === 'notify') settings.notify = this.#notify();
      else if (section === 'hook') settings.hook = this.#hook();
      else if (section === 'vacation') settings.vacation = this.#vacation();
      else if (section === 'forward') settings.forward = this.#forward();
      else if (section === 'previous') previous = this.#include();
      else settings.rules.push(this.#rule(section));
    }
    return { settings, previous };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #try(kind: Token['kind'], text?: string): Token | null {
    const token = this.#peek();
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return null;
    this.#at++;
    return token;
  }

  #need(kind: Token['kind'], text?: string): Token {
    const token = this.#try(kind, text);
    if (!token) throw new Unexpected(`expected ${text ?? kind}`);
    return token;
  }

  #strings(): string[] {
    if (!this.#try('mark', '[')) return [this.#need('string').text];
    const found = [this.#need('string').text];
    while (this.#try('mark', ',')) found.push(this.#need('string').text);
    this.#need('mark', ']');
    return found;
  }

  /** The tests of `if TEST {` or `if anyof (TEST, …) {`, each read by `read`. */
  #tests<T>(read: () => T): { match: 'all' | 'any'; tests: T[] } {
    this.#need('word', 'if');
    const many = this.#try('word', 'anyof') ?? this.#try('word', 'allof');
    const tests: T[] = [];
    if (many) this.#need('mark', '(');
    tests.push(read());
    if (many) while (this.#try('mark', ',')) tests.push(read());
    if (many) this.#need('mark', ')');
    this.#need('mark', '{');
    return { match: many?.text === 'anyof' ? 'any' : 'all', tests };
  }

  #senders(): string[] {
    const { tests } = this.#tests(() => {
      this.#need('word', 'address');
      this.#need('tag', 'is');
      const domain = this.#try('tag', 'domain') !== null;
      this.#need('string', 'from');
      return this.#strings().map((value) => (domain ? `@${value}` : value));
    });
    while (!this.#try('mark', '}')) this.#step();
    return tests.flat();
  }

  #spam(): SieveSettings['spam'] {
    this.#need('word', 'if');
    if (this.#try('word', 'allof')) this.#need('mark', '(');
    this.#need('word', 'header');
    this.#need('tag', 'contains');
    this.#need('string', 'X-Spam-Level');
    const level = this.#need('string').text.length;
    // who is let in stands under `allow` too; whether it is the same here is told by writing the script again
    while (!this.#try('mark', '{')) this.#step();
    const discard = this.#try('word', 'discard') !== null;
    if (!discard) {
      this.#need('word', 'fileinto');
      this.#need('tag', 'create');
    }
    const folder = discard ? null : this.#need('string').text;
    while (!this.#try('mark', '}')) this.#step();
    return { level, folder };
  }

  #hook(): string {
    this.#need('word', 'pipe');
    this.#need('tag', 'copy');
    this.#need('tag', 'try');
    const program = this.#need('string').text;
    this.#need('mark', ';');
    return program;
  }

  /** Passes over one token; a script that ends here is none of ours. */
  #step(): void {
    if (this.#at >= this.#tokens.length) throw new Unexpected('end');
    this.#at++;
  }

  #notify(): string {
    this.#need('word', 'notify');
    this.#need('tag', 'message');
    this.#need('string');
    const to = this.#need('string').text;
    this.#need('mark', ';');
    return to.replace(/^mailto:/, '');
  }

  #vacation(): SieveSettings['vacation'] {
    let from: string | null = null;
    let until: string | null = null;
    const dated = this.#peek()?.text === 'if';
    if (dated) {
      this.#tests(() => {
        this.#need('word', 'currentdate');
        this.#need('tag', 'value');
        const op = this.#need('string').text;
        this.#need('string', 'date');
        const date = this.#need('string').text;
        if (op === 'ge') from = date;
        else until = date;
      });
    }
    this.#need('word', 'vacation');
    this.#need('tag', 'days');
    const days = Number(this.#need('number').text);
    this.#need('tag', 'subject');
    const subject = this.#need('string').text;
    const addresses = this.#try('tag', 'addresses') ? this.#strings() : [];
    const text = this.#need('string').text;
    this.#need('mark', ';');
    if (dated) this.#need('mark', '}');
    return { subject, text, from, until, days, addresses };
  }

  #forward(): SieveSettings['forward'] {
    const to: string[] = [];
    let keep = false;
    while (this.#try('word', 'redirect')) {
      keep = this.#try('tag', 'copy') !== null;
      to.push(this.#need('string').text);
      this.#need('mark', ';');
    }
    return { to, keep };
  }

  #include(): string {
    this.#need('word', 'include');
    this.#need('tag', 'personal');
    const name = this.#need('string').text;
    this.#need('mark', ';');
    return name;
  }

  #rule(section: string): SieveRule {
    const enabled = !section.startsWith('off ');
    const name = section.replace(/^(rule|off) /, '');
    const { match, tests } = this.#tests((): SieveTest => {
      const subject = this.#try('word', 'header') !== null;
      if (!subject) this.#need('word', 'address');
      const op = this.#need('tag').text as SieveTest['op'];
      const headers = this.#strings();
      const field = subject ? 'subject' : headers[0] === 'from' ? 'from' : 'to';
      return { field, op, value: this.#need('string').text };
    });
    const rule: SieveRule = { name, enabled, match, tests, action: this.#action() };
    this.#need('mark', '}');
    return rule;
  }

  #action(): SieveRule['action'] {
    let action: SieveRule['action'];
    if (this.#try('word', 'fileinto')) {
      this.#need('tag', 'create');
      action = { type: 'folder', folder: this.#need('string').text };
    } else if (this.#try('word', 'redirect')) {
      const keep = this.#try('tag', 'copy') !== null;
      action = { type: 'forward', to: this.#need('string').text, keep };
    } else if (this.#try('word', 'discard')) action = { type: 'discard' };
    else {
      this.#need('word', 'keep');
      action = { type: 'keep' };
    }
    this.#need('mark', ';');
    this.#need('word', 'stop');
    this.#need('mark', ';');
    return action;
  }
}
