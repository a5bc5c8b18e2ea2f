/** Writes our one Sieve script (RFC 5228) from the settings. parse.ts reads exactly this form back. */
import type { SieveAction, SieveRule, SieveSettings, SieveSpam, SieveTest } from '#shared/model/sieve.ts';

/** Name of the script we own. Scripts of any other name are somebody's own and are never written to. */
export const SCRIPT_NAME = 'postdeck';
const HEAD = '# Written by Postdeck. Change it there; a change made here is shown there but no longer edited.';

/** RFC 5228 2.4.2: backslash and quote are escaped, everything else stands for itself. */
export function quoteString(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`;
}

const list = (values: readonly string[]): string =>
  values.length === 1 ? quoteString(values[0] ?? '') : `[${values.map(quoteString).join(', ')}]`;

/**
 * The script for these settings.
 * @param previous the user's own script that was active before ours; ours runs it at its end (RFC 6609), so that taking
 *   over loses nothing
 */
export function generateSieve(settings: SieveSettings, previous: string | null): string {
  const body: string[] = [];
  if (settings.deny.length > 0) body.push(senderBlock('deny', settings.deny, ['discard;', 'stop;']));
  if (settings.spam) body.push(spamBlock(settings.spam, settings.allow));
  if (settings.notify) {
    body.push(`# notify\nnotify :message ${quoteString('New message')} ${quoteString(`mailto:${settings.notify}`)};\n`);
  }
  // :try, so that a program that fails does not end the script
  if (settings.hook) body.push(`# hook\npipe :copy :try ${quoteString(settings.hook)};\n`);
  if (settings.vacation) body.push(vacationBlock(settings.vacation));
  if (settings.forward) {
    const copy = settings.forward.keep ? ':copy ' : '';
    body.push(`# forward\n${settings.forward.to.map((to) => `redirect ${copy}${quoteString(to)};\n`).join('')}`);
  }
  if (settings.allow.length > 0) body.push(senderBlock('allow', settings.allow, ['keep;', 'stop;']));
  for (const rule of settings.rules) body.push(ruleBlock(rule));
  if (previous !== null) body.push(`# previous\ninclude :personal ${quoteString(previous)};\n`);
  const script = body.join('\n');
  const needs = [
    [/\bfileinto\b/, 'fileinto'],
    [/:copy\b/, 'copy'],
    [/\bvacation\b/, 'vacation'],
    [/\bcurrentdate\b/, 'date'],
    [/:value "[gl]e"/, 'relational'],
    [/^notify /m, 'enotify'],
    [/:create\b/, 'mailbox'],
    [/^include /m, 'include'],
    [/^pipe /m, 'vnd.dovecot.pipe'],
  ] as const;
  const code = script.replace(/"(?:[^"\\]|\\.)*"/g, (s) => (/^"[gl]e"$/.test(s) ? s : '""'));
  const requires = needs.filter(([pattern]) => pattern.test(code)).map(([, name]) => name);
  return `${HEAD}\n${requires.length > 0 ? `require ${list(requires)};\n` : ''}\n${script}`;
}

/** Before anything is answered or sent on; whoever is always let in is not judged. */
function spamBlock({ level, folder }: SieveSpam, allow: readonly string[]): string {
  const tests = [
    `header :contains "X-Spam-Level" ${quoteString('*'.repeat(level))}`,
    ...senderTests(allow).map((test) => `not ${test}`),
  ];
  const then = folder === null ? 'discard;' : `fileinto :create ${quoteString(folder)};`;
  return `# spam\n${ifBlock(tests, 'all', [then, 'stop;'])}`;
}

/** One block for senders: whole addresses, and domains written as @domain. */
function senderBlock(name: string, senders: readonly string[], then: readonly string[]): string {
  return `# ${name}\n${ifBlock(senderTests(senders), 'any', then)}`;
}

function senderTests(senders: readonly string[]): string[] {
  const domains = senders.filter((sender) => sender.startsWith('@')).map((sender) => sender.slice(1));
  const addresses = senders.filter((sender) => !sender.startsWith('@'));
  return [
    ...(addresses.length > 0 ? [`address :is "from" ${list(addresses)}`] : []),
    ...(domains.length > 0 ? [`address :is :domain "from" ${list(domains)}`] : []),
  ];
}

function ifBlock(tests: readonly string[], match: 'all' | 'any', then: readonly string[]): string {
  const test = tests.length === 1 ? (tests[0] ?? '') : `${match}of (${tests.join(', ')})`;
  return `if ${test} {\n${then.map((line) => `  ${line}\n`).join('')}}\n`;
}

function vacationBlock(vacation: NonNullable<SieveSettings['vacation']>): string {
  const addresses = vacation.addresses.length > 0 ? ` :addresses ${list(vacation.addresses)}` : '';
  // RFC 5228 2.4.2 knows CRLF and LF inside strings; one form makes the script read back the same
  const text = quoteString(vacation.text.replace(/\r\n?/g, '\n'));
  const command = `vacation :days ${vacation.days} :subject ${quoteString(vacation.subject)}${addresses} ${text};`;
  const dates = [
    ...(vacation.from ? [`currentdate :value "ge" "date" ${quoteString(vacation.from)}`] : []),
    ...(vacation.until ? [`currentdate :value "le" "date" ${quoteString(vacation.until)}`] : []),
  ];
  return `# vacation\n${dates.length === 0 ? `${command}\n` : ifBlock(dates, 'all', [command])}`;
}

function ruleBlock(rule: SieveRule): string {
  const tests = rule.tests.map(testText);
  const block = ifBlock(tests, rule.match, actionLines(rule.action));
  // a disabled rule stays in the script, in comments, so that it can be switched on again as it was
  const code = rule.enabled ? block : block.replace(/^/gm, '#- ').replace(/#- $/, '');
  return `# rule ${rule.name}\n${code}`;
}

function testText(test: SieveTest): string {
  if (test.field === 'subject') return `header :${test.op} "subject" ${quoteString(test.value)}`;
  const headers = test.field === 'from' ? '"from"' : '["to", "cc"]';
  return `address :${test.op} ${headers} ${quoteString(test.value)}`;
}

function actionLines(action: SieveAction): string[] {
  switch (action.type) {
    case 'folder':
      return [`fileinto :create ${quoteString(action.folder)};`, 'stop;'];
    case 'forward':
      return [`redirect ${action.keep ? ':copy ' : ''}${quoteString(action.to)};`, 'stop;'];
    case 'discard':
      return ['discard;', 'stop;'];
    case 'keep':
      return ['keep;', 'stop;'];
  }
}
