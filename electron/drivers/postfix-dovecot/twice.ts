import { type Text, text } from '#shared/model/text.ts';
import type { Context } from './context.ts';
import { USUAL_PATHS } from './facts.ts';
import { LIMITS } from './limits.ts';
import { parsePostconf } from './parse/postconf.ts';

/**
 * What happens once more when a message goes through cleanup(8) again, as postsuper -r has it (postsuper(1),
 * cleanup(8)). A restore does not: see restore.ts. Read from the settings in force, and the services in master.cf that
 * override them.
 */
export async function twice(context: Context, signal: AbortSignal): Promise<Text[]> {
  const { paths } = await context.facts(signal);
  const postconf = paths.postconf ?? USUAL_PATHS.postconf ?? 'postconf';
  const options = { maxOutput: LIMITS.SETTINGS_BYTES, deadline: LIMITS.PROBE_SECONDS, signal };
  const [main, services] = await Promise.all([
    context.machine.run({ name: 'read Postfix settings', argv: [postconf, '-n'], ...options }),
    context.machine.run({ name: 'read Postfix services', argv: [postconf, '-P'], ...options }),
  ]);
  return whatHappensTwice(parsePostconf(main.stdout.toString('utf8')), parsePostconf(services.stdout.toString('utf8')));
}

/** Services that a requeued message goes through. */
const PASSES = /^(?:pickup|cleanup)\//;

export function whatHappensTwice(main: ReadonlyMap<string, string>, services: ReadonlyMap<string, string>): Text[] {
  const value = (name: string): string => {
    for (const [key, override] of services) if (PASSES.test(key) && key.endsWith(`/${name}`)) return override;
    return main.get(name) ?? '';
  };
  const found: Text[] = [text(/*i18n*/ { id: 'postfix.twice.received', message: 'One more Received header is added' })];
  for (const name of ['always_bcc', 'sender_bcc_maps', 'recipient_bcc_maps']) {
    if (value(name) === '') continue;
    found.push(
      text(
        /*i18n*/ { id: 'postfix.twice.bcc', message: 'A second blind copy is made ({name} = {value})' },
        { name, value: value(name) },
      ),
    );
  }
  if (value('non_smtpd_milters') !== '') {
    found.push(
      text(
        /*i18n*/ { id: 'postfix.twice.milters', message: 'Milters run again (non_smtpd_milters = {value})' },
        { value: value('non_smtpd_milters') },
      ),
    );
  }
  if (value('content_filter') !== '') {
    found.push(
      text(
        /*i18n*/ { id: 'postfix.twice.filter', message: 'The content filter runs again (content_filter = {value})' },
        { value: value('content_filter') },
      ),
    );
  }
  for (const name of ['header_checks', 'mime_header_checks', 'nested_header_checks', 'body_checks']) {
    if (value(name) === '') continue;
    found.push(
      text(
        /*i18n*/ { id: 'postfix.twice.checks', message: 'Content rules apply again ({name} = {value})' },
        { name, value: value(name) },
      ),
    );
  }
  const expands = ['virtual_alias_maps', 'canonical_maps', 'sender_canonical_maps', 'recipient_canonical_maps'];
  for (const name of expands.filter((one) => value(one) !== '')) {
    found.push(
      text(
        /*i18n*/ { id: 'postfix.twice.rewrite', message: 'Addresses are rewritten again ({name} = {value})' },
        { name, value: value(name) },
      ),
    );
  }
  return found;
}
