/** Reads `postconf` output: `name = value` lines; long values go on in lines that begin with white space. */
export function parsePostconf(output: string): Map<string, string> {
  const settings = new Map<string, string>();
  let last: string | null = null;
  for (const line of output.split('\n')) {
    const [, name, value] = /^([A-Za-z0-9_./-]+) =(?: (.*))?$/.exec(line) ?? [];
    if (name !== undefined) {
      settings.set(name, value ?? '');
      last = name;
    } else if (last !== null && /^\s+\S/.test(line)) {
      settings.set(last, `${settings.get(last) ?? ''} ${line.trim()}`.trim());
    }
  }
  return settings;
}

/** Words of a list value: separated by commas and white space. */
export function listValue(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,]+/).filter((word) => word !== '');
}
