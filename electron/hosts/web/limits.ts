/**
 * Limits of the loopback host. Loopback is no friend: any local user, and any web page in any local browser, can
 * reach the port.
 */
export interface WebLimits {
  /** Bytes of request line and headers. A browser sends about 2 KiB; more is somebody filling memory. */
  headerBytes: number;
  /** Milliseconds to send the headers. Stops connections that are held open by a byte now and then (slowloris). */
  headersMs: number;
  /** Milliseconds for the whole request. Requests have no body, so little more than the headers. */
  requestMs: number;
  /** Milliseconds an idle kept-alive connection stays. */
  idleMs: number;
  /** How often the two deadlines above are looked at, in milliseconds. */
  checkMs: number;
  /** TCP connections at once. A page uses at most 6 and its socket. */
  connections: number;
  /** Pages connected at once. */
  sockets: number;
  /** Bytes of one frame from the page: a list of 500,000 queue ids, the largest request there is, is about 7 MiB. */
  frameBytes: number;
  /** Bytes waiting to be sent to a page before its streams pause: keeps a stalled tab from filling our memory. */
  bufferedBytes: number;
  /** Milliseconds between pings; a page that has not answered by the next one is cut, and its streams end. */
  pingMs: number;
}

export const WEB_LIMITS: WebLimits = {
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 15_000,
  idleMs: 5_000,
  checkMs: 1_000,
  connections: 128,
  sockets: 16,
  frameBytes: 8 * 1024 * 1024,
  bufferedBytes: 4 * 1024 * 1024,
  pingMs: 30_000,
};
