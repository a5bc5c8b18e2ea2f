/** Many answers in one remote command: each section is `@name base64`, so no content can look like a frame. */

/** Between the fields of a line that a script reads. */
export const SEPARATOR = '\x1f';

/** sh: `s NAME COMMAND…` prints one section. Run with the system's paths, as sudo and SSH leave out sbin. */
export const FRAME_SH = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH LC_ALL=C
s() { printf '@%s ' "$1"; shift; "$@" 2>/dev/null | base64 -w0; echo; }
`;

/** Sections by name; values are latin1, a byte a character, so that files survive as they are. */
export function parseFrames(output: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of output.toString('latin1').split('\n')) {
    const match = /^@(.*) ([A-Za-z0-9+/=]*)$/.exec(line);
    if (match?.[1] !== undefined) found.set(match[1], Buffer.from(match[2] ?? '', 'base64').toString('latin1'));
  }
  return found;
}

/** latin1-held bytes as the UTF-8 text they are. */
export const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
/** Text as latin1-held UTF-8 bytes. */
export const bytesOf = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

/** A word for sh, between single quotes. For fixed scripts with paths in them; never for data, which goes to stdin. */
export const shWord = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
