/**
 * Reads a message's file in the defer queue (Postfix, global/bounce_log.c): paragraphs of `name=value` lines, one
 * paragraph a recipient that could not be reached. Returns the last reason of each recipient, as postqueue shows it.
 */
export function parseDeferLog(content: string): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const paragraph of content.split('\n\n')) {
    let recipient: string | null = null;
    let reason: string | null = null;
    for (const line of paragraph.split('\n')) {
      if (line.startsWith('recipient=')) recipient = line.slice('recipient='.length);
      else if (line.startsWith('reason=')) reason = line.slice('reason='.length);
    }
    if (recipient !== null && reason !== null) reasons.set(recipient, reason);
  }
  return reasons;
}
