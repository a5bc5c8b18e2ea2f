/** A reason for a delay, with what differs from message to message taken out, so that like reasons gather. */
export interface NormalReason {
  key: string;
  /** Enhanced status code (RFC 3463), else the SMTP reply code; null: the remote side sent none. */
  code: string | null;
}

/** `host NAME[IP] said: REPLY (in reply to COMMAND)`, as Postfix writes what the remote side answered. */
const SAID = /^host \S+?(?:\[[^\]]*\])?(?::\d+)? (?:said|refused to talk to me): /i;
const IN_REPLY = / \(in reply to .*\)$/i;
/** A reply code and its enhanced code at the start of a line of a reply, continuation lines too. */
const REPLY = /(^|\s)([245]\d\d)(?:[ -]+#?([245]\.\d{1,3}\.\d{1,3}))?(?=[\s:-]|$)/;

/**
 * Gathers reasons: addresses, IPs, ids, numbers and the words that say where in the dialogue it happened go;
 * the host stays when the host is the trouble (no connection), and goes when it only answered.
 * An empty reason gives an empty key.
 */
export function normaliseReason(reason: string): NormalReason {
  let text = reason.trim().replace(/\s+/g, ' ');
  text = text.replace(/^delivery temporarily suspended: /i, '');
  const answered = SAID.test(text);
  if (answered) text = text.replace(SAID, '').replace(IN_REPLY, '');
  const reply = answered || /^[245]\d\d[ -]/.test(text) ? REPLY.exec(text) : null;
  const code = reply?.[3] ?? reply?.[2] ?? /(?:^|\s)([45]\.\d{1,3}\.\d{1,3})(?=\s|$)/.exec(text)?.[1] ?? null;
  if (reply !== null) {
    // A reply of many lines repeats its codes on each: keep them once, at the start.
    const codes = [reply[2], reply[3]].filter((part) => part !== undefined).join(' ');
    const every = new RegExp(`(^|\\s)${reply[2] ?? ''}[ -]+(?:#?[245]\\.\\d{1,3}\\.\\d{1,3}[ :-]*)?`, 'g');
    text = `${codes} ${text.replace(every, '$1').trim()}`;
  }
  return { key: withoutParticulars(text), code };
}

function withoutParticulars(text: string): string {
  return (
    text
      .replace(/\bhttps?:\/\/\S+/gi, '*')
      .replace(/<[^<>\s]*>/g, '<*>')
      .replace(/(?<![\w.])[^\s<>()"']+@[\w.-]+\.\w+/g, '*')
      .replace(/\[[0-9a-f:.]+[^\]]*\](?::\d+)?/gi, '')
      .replace(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g, '*')
      .replace(/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{0,4}(?![\w:])/gi, '*')
      // Tokens of a remote queue: letters and digits mixed, six or longer; a host name has dots and stays.
      .replace(/(?<![\w.@-])(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z0-9_-]{6,}(?:\.\d+)?(?![\w.@-])/g, '*')
      .replace(/(?<![\w.])\d{4,}(?![\w.])/g, '*')
      .replace(
        /(?<=\b(?:for|in|after|from|than|of|last|past|every|least|most) )\d+(?= ?(?:s|sec|second|min|minute|hour|h|day|message|recipient|connection)s?\b)/gi,
        '*',
      )
      .replace(/\s+/g, ' ')
      .replace(/(?:\* ?){2,}/g, '* ')
      .replace(/ ([:;,.])/g, '$1')
      .trim()
  );
}
