/** Makes a test of an envelope address from what a person typed; QueueFilter in shared/model/queue.ts tells the grammar. */
export function addressTest(wanted: string): (address: string) => boolean {
  const typed = wanted.trim();
  if (typed.startsWith('=')) {
    const literal = plain(typed.slice(1));
    return (address) => plain(address) === literal;
  }
  const want = plain(typed);
  if (want === '<>') return (address) => address === '';
  if (want.includes('*')) {
    const pattern = new RegExp(`^${want.split('*').map(escape).join('.*')}$`, 's');
    return (address) => pattern.test(plain(address));
  }
  const at = want.lastIndexOf('@');
  if (at === 0) return (address) => plain(address).endsWith(want);
  if (at === want.length - 1 && at > 0) return (address) => localOf(plain(address)) === want.slice(0, -1);
  if (at > 0) return (address) => plain(address) === want;
  return (address) => plain(address).includes(want);
}

/** Domain of an address, lower case; empty for the null sender and for local names without one. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : address.slice(at + 1).toLowerCase();
}

function localOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? address : address.slice(0, at);
}

/**
 * Lower case, and without the quotes that RFC 5321 4.1.2 allows around a local part: servers disagree on showing
 * them (postqueue quotes, postcat does not), and `"x"@d` and `x@d` are one mailbox.
 */
function plain(address: string): string {
  const lower = address.toLowerCase();
  const quoted = /^"((?:[^"\\]|\\.)*)"(@[^@]*)?$/s.exec(lower);
  return quoted === null ? lower : `${(quoted[1] ?? '').replace(/\\(.)/gs, '$1')}${quoted[2] ?? ''}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
