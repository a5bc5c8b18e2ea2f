import type { AccountFilter } from '#shared/model/account.ts';
import type { Show } from './view-state.ts';

/** Days without a login after which an account counts as unused. */
export const UNUSED_DAYS = 180;

/** The search bar: `domain:` keeps its English name in every language, so that searches can be passed on. */
export interface Query {
  domain: string | null;
  text: string;
}

/** Reads the bar. The last `domain:` counts; everything else is one fragment of name or address. */
export function parseQuery(q: string): Query {
  let domain: string | null = null;
  const words: string[] = [];
  for (const part of q.split(/\s+/)) {
    const named = /^domain:(.+)$/i.exec(part)?.[1];
    if (named !== undefined) domain = named.toLowerCase();
    else if (part !== '') words.push(part);
  }
  return { domain, text: words.join(' ') };
}

export function writeQuery({ domain, text }: Query): string {
  return [domain === null ? '' : `domain:${domain}`, text].filter((part) => part !== '').join(' ');
}

/** The search and the chip as the console takes them. */
export function filterOf(q: string, show: Show): AccountFilter {
  const { domain, text } = parseQuery(q);
  return {
    ...(domain === null ? {} : { domain: domain.slice(0, 255) }),
    ...(text === '' ? {} : { text: text.slice(0, 255) }),
    ...SHOWN[show],
  };
}

const SHOWN: Record<Show, AccountFilter> = {
  all: {},
  near: { nearQuota: true },
  over: { overQuota: true },
  blocked: { blocked: true },
  expired: { expired: true },
  unused: { unusedDays: UNUSED_DAYS },
};
