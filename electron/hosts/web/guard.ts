import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CallContext } from '#core/console.ts';
import { PAGE_CSP } from '#shared/model/page-files.ts';

/** A key to the host, and what it opens. */
export interface WebToken {
  value: string;
  access: CallContext['access'];
}

/** 256 random bits. */
export function makeToken(access: CallContext['access']): WebToken {
  return { value: randomBytes(32).toString('base64url'), access };
}

/** The sub-protocol the page asks for beside its token; the host answers with it, never with the token. */
export const SUBPROTOCOL = 'postdeck.1';

export interface Refusal {
  status: 401 | 403 | 404 | 421 | 503;
  reason: string;
}

/** Names this host answers to. Another one means DNS rebinding: a page that pointed its own name at 127.0.0.1. */
const names = (port: number) => [`127.0.0.1:${port}`, `localhost:${port}`];

/** Refuses a request that was not made to us, or not by us. Every request goes through here first. */
export function refuseStranger(request: IncomingMessage, port: number, originNeeded: boolean): Refusal | null {
  if (!names(port).includes(request.headers.host ?? '')) {
    return { status: 421, reason: 'This host answers only as 127.0.0.1 or localhost with its own port.' };
  }
  const { origin } = request.headers;
  if (origin === undefined ? originNeeded : !names(port).some((name) => origin === `http://${name}`)) {
    return { status: 403, reason: 'Only the console itself may ask this.' };
  }
  return null;
}

/** What the token opens; null: nothing. Compares hashes in constant time, so neither length nor prefix leaks. */
export function accessOf(offered: string | null, tokens: readonly WebToken[]): CallContext['access'] | null {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  const hash = digest(offered ?? '');
  let access: CallContext['access'] | null = null;
  for (const token of tokens) if (timingSafeEqual(hash, digest(token.value))) access = token.access;
  return access;
}

/** The token among the sub-protocols of a socket: the one header a page can fill for a WebSocket. */
export function socketToken(request: IncomingMessage): string | null {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
  return offered.find((part) => part.startsWith('tok.'))?.slice('tok.'.length) ?? null;
}

export function bearerToken(request: IncomingMessage): string | null {
  return /^Bearer ([\w-]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** Sent with every answer. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': PAGE_CSP,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
};
