/**
 * Heads of lines that differ from what syslog daemons of mail servers write: what a container runtime or `journalctl`
 * puts before them, the facility of BusyBox and Solaris, a year. They are rewritten to the usual form.
 */

type Rule = readonly [RegExp, (...found: string[]) => string];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const PLAIN = String.raw`(?:<\d{1,3}>)?(?:\w{3} [ \d]\d [\d:]{8} |\d{4}-\d\d-\d\d[T ]\d\d:)`;

const RULES: readonly Rule[] = [
  // docker compose logs: `postfix-mailcow-1  | Nov  2 ..`
  [new RegExp(`^[\\w.-]{1,64} +\\| (?=${PLAIN})`), () => ''],
  // docker logs -t, kubectl logs --timestamps: their own time before that of the line
  [new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]{8,18}(?:Z|[+-]\\d\\d:\\d\\d) (?=${PLAIN})`), () => ''],
  // BusyBox: `Nov  2 10:00:00 mx1 mail.info postfix/smtpd[10]: ..`
  [
    /^(\w{3} [ \d]\d [\d:]{8} \S+) (?:kern|user|mail|daemon|auth|authpriv|syslog|cron|local\d)\.[a-z]{3,7} (?=\S+: )/,
    (_, head = '') => `${head} `,
  ],
  // Solaris: `.. postfix/smtpd[10]: [ID 197553 mail.info] ..`
  [/^(\w{3} [ \d]\d [\d:]{8} \S+ \S+: )\[ID \d+ \w+\.\w+\] /, (_, head = '') => head],
  // journalctl -o short-full: `Mon 2026-11-02 10:00:00 CET mx1 ..`
  [
    /^\w{3} (\d{4}-\d\d-\d\d) ([\d:]{8}(?:\.\d+)?) (\w{1,5}|[+-]\d{2,4}) (?=\S+ \S+: )/,
    (_, day = '', time = '', zone = '') => `${day}T${time}${zone === 'UTC' || zone === 'GMT' ? 'Z' : ''} `,
  ],
  // Cisco's and some relays' year: `Nov  2 2026 10:00:00 mx1 ..`
  [
    /^(\w{3}) ([ \d]\d) (\d{4}) ([\d:]{8}) /,
    (line, month = '', day = '', year = '', time = '') => {
      const number = MONTHS.indexOf(month) + 1;
      if (number === 0) return line;
      return `${year}-${String(number).padStart(2, '0')}-${day.replace(' ', '0')}T${time} `;
    },
  ],
];

/** The rule for the first of these lines that one is for; undefined for usual ones. */
export function headerRule(head: string): ((line: string) => string) | undefined {
  for (const line of head.split('\n', 3)) {
    const rule = RULES.find(([pattern]) => pattern.test(line));
    if (rule !== undefined) {
      const [pattern, usual] = rule;
      return (text) => text.replace(pattern, usual);
    }
  }
  return undefined;
}
