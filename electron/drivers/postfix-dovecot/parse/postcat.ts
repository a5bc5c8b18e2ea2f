/** One line of `postcat -qe`. */
export interface EnvelopeRecord {
  name: string;
  value: string;
}

export interface Envelope {
  /** Path below the queue directory: `deferred/7/7595318E2F`. */
  path: string;
  records: EnvelopeRecord[];
}

/**
 * Reads `postcat -qe`: banners of three stars, and `name: value` lines. postcat does not mark where a value that holds
 * a newline ends; such a value reads as several lines, and a line without a name belongs to the one before it.
 * Returns null when the output is not that of postcat, or has no end banner (it was cut short).
 */
export function parsePostcat(output: string): Envelope | null {
  const lines = output.split('\n');
  const [, path] = /^\*\*\* ENVELOPE RECORDS (\S+) \*\*\*$/.exec(lines[0] ?? '') ?? [];
  if (path === undefined || !output.includes(`\n*** MESSAGE FILE END ${path} ***`)) return null;
  const records: EnvelopeRecord[] = [];
  for (const line of lines.slice(1)) {
    if (line === '' || /^\*\*\* [A-Z ]+ \S+ \*\*\*$/.test(line)) continue;
    const [, name, value] = /^([a-z_]+): ?(.*)$/s.exec(line) ?? [];
    const last = records.at(-1);
    if (name !== undefined && value !== undefined) records.push({ name, value: value.trimStart() });
    else if (last) last.value += `\n${line}`;
  }
  return { path, records };
}

/** Value of the last record of this name; named attributes by the name they carry. */
export function recordValue(envelope: Envelope, name: string): string | null {
  let found: string | null = null;
  for (const record of envelope.records) {
    if (record.name === name) found = record.value;
    else if (record.name === 'named_attribute' && record.value.startsWith(`${name}=`)) {
      found = record.value.slice(name.length + 1);
    }
  }
  return found;
}
