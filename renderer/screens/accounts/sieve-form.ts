import { checkAddress } from '#shared/model/mail-address.ts';
import { SieveSettings, type SieveRule } from '#shared/model/sieve.ts';
import { type Text, text } from '#shared/model/text.ts';

/** Addresses as they are typed into a box: one a line, or parted by commas and blanks. */
export const parseList = (typed: string): string[] =>
  typed
    .split(/[\s,;]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A fresh rule: nothing is complete until a test has a value. */
export const newRule = (name: string): SieveRule => ({
  name,
  enabled: true,
  match: 'all',
  tests: [{ field: 'from', op: 'contains', value: '' }],
  action: { type: 'folder', folder: '' },
});

/** The first thing that keeps the rules from being written; null: they can be. */
export function sieveProblem(settings: SieveSettings): Text | null {
  const { forward, notify, spam, vacation, rules, allow, deny } = settings;
  if (forward !== null && forward.to.length === 0) {
    return text(/*i18n*/ { id: 'sieve-form.forward-empty', message: 'Forwarding needs an address' });
  }
  const redirects = rules.flatMap((rule) => (rule.action.type === 'forward' ? [rule.action.to] : []));
  for (const address of [...(forward?.to ?? []), ...(notify === null ? [] : [notify]), ...redirects]) {
    const checked = checkAddress(address);
    if (!checked.ok) return checked.problem;
  }
  for (const sender of [...allow, ...deny]) {
    const checked = checkAddress(sender.startsWith('@') ? `x${sender}` : sender);
    if (!checked.ok) return checked.problem;
  }
  if (spam !== null && spam.folder !== null && spam.folder.trim() === '') {
    return text(/*i18n*/ { id: 'sieve-form.spam-folder', message: 'The folder for spam needs a name' });
  }
  if (vacation !== null && vacation.from !== null && vacation.until !== null && vacation.from > vacation.until) {
    return text(/*i18n*/ { id: 'sieve-form.dates', message: 'The autoresponder would end before it begins' });
  }
  if (vacation !== null && (vacation.subject.trim() === '' || vacation.text.trim() === '')) {
    return text(/*i18n*/ { id: 'sieve-form.vacation', message: 'The autoresponder needs a subject and a text' });
  }
  for (const rule of rules) {
    const incomplete =
      rule.name.trim() === '' ||
      rule.tests.length === 0 ||
      rule.tests.some((test) => test.value === '') ||
      (rule.action.type === 'folder' && rule.action.folder.trim() === '');
    if (incomplete) {
      return text(
        /*i18n*/ { id: 'sieve-form.rule', message: 'The rule “{name}” is not complete' },
        { name: rule.name.trim() === '' ? '…' : rule.name },
      );
    }
  }
  const parsed = SieveSettings.safeParse(settings);
  if (parsed.success) return null;
  const issue = parsed.error.issues[0];
  return text(
    /*i18n*/ { id: 'sieve-form.other', message: 'The rules cannot be written: {where} {why}' },
    { where: issue?.path.join('.') ?? '', why: issue?.message ?? '' },
  );
}
