/** Columns of an import, as the console names them. */
export const ACCOUNT_COLUMNS = ['address', 'password', 'name', 'quota', 'expires'] as const;
export const ALIAS_COLUMNS = ['alias', 'targets'] as const;

/** The header of a CSV: names of its first line. The delimiter is the commonest of comma, semicolon and tab there. */
export function csvHeader(csv: string): string[] {
  const content = csv.replace(/^\uFEFF/, '');
  const line = content.slice(0, content.search(/[\r\n]|$/));
  const delimiter = [',', ';', '\t'].sort((a, b) => line.split(b).length - line.split(a).length)[0] ?? ',';
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at];
    if (char === '"' && quoted && line[at + 1] === '"') {
      name += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) {
      names.push(name.trim());
      name = '';
    } else name += char;
  }
  names.push(name.trim());
  return names.filter((each) => each !== '');
}

/** What other programs call our columns; compared without case, blanks, dashes. */
const OTHER_NAMES: Record<string, readonly string[]> = {
  address: ['address', 'email', 'emailaddress', 'mail', 'mailbox', 'username', 'user', 'account', 'adres', 'login'],
  password: ['password', 'pass', 'passwd', 'haslo', 'hasło'],
  name: ['name', 'displayname', 'fullname', 'nazwa', 'imieinazwisko'],
  quota: ['quota', 'limit', 'mailboxsize', 'size'],
  expires: ['expires', 'expiry', 'expirydate', 'validuntil', 'wygasa'],
  alias: ['alias', 'address', 'name', 'from', 'source'],
  targets: ['targets', 'target', 'goto', 'to', 'destination', 'forwardto', 'recipients'],
};

/** A first guess which column of the file holds what; a column is given away once. */
export function guessColumns(header: readonly string[], wanted: readonly string[]): Record<string, string> {
  const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, '');
  const left = new Set(header);
  const found: Record<string, string> = {};
  for (const column of wanted) {
    for (const other of OTHER_NAMES[column] ?? [column]) {
      const hit = [...left].find((name) => plain(name) === other);
      if (hit === undefined) continue;
      found[column] = hit;
      left.delete(hit);
      break;
    }
  }
  return found;
}
