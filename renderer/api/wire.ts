import { createORPCClient, DynamicLink, type ClientContext, type ClientLink } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket as ReconnectingSocket } from 'partysocket';
import type { Contract } from '#shared/contract/index.ts';

export type Client = ContractRouterClient<Contract>;

/**
 * `connecting`: not answered yet. `open`: calls go through. `lost`: cut, and being opened again by itself.
 * `refused`: the console does not accept this page's token (it was started anew, or the address was typed without
 * it); only opening the printed address again helps.
 */
export type WireState = 'connecting' | 'open' | 'lost' | 'refused';

/** The page's one link to the console. */
export interface Wire {
  readonly door: 'desktop' | 'web';
  /** Stable for the life of the page, also when the link under it is made anew. */
  readonly client: Client;
  state(): WireState;
  /** For useSyncExternalStore: calls back on each change of state, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** Plain data the desktop preload leaves on the window; absent in a browser. */
export interface HostFacts {
  platform: string;
  version: string;
}

declare global {
  interface Window {
    readonly host?: HostFacts;
    /** Of the desktop app: where a file that was chosen or dropped is on this computer; '' when it is nowhere. */
    readonly pathOf?: (file: File) => string;
  }
}

/** partysocket types readyState as a plain number. */
type SocketLike = Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'>;

const TOKEN_KEY = 'postdeck.token';
/** Must be what electron/hosts/web answers with; it also tells an old page from a new console. */
const SUBPROTOCOL = 'postdeck.1';

/** Opens the link: the port the shell hands over in the desktop app, a WebSocket to the page's own origin elsewhere. */
export function openWire(): Wire {
  return window.host === undefined ? openSocket() : openPort();
}

interface Changeable {
  state: WireState;
  set(state: WireState): void;
  subscribe(listener: () => void): () => void;
}

function changeable(): Changeable {
  const listeners = new Set<() => void>();
  return {
    state: 'connecting',
    set(state) {
      if (this.state === state) return;
      this.state = state;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Link = ClientLink<ClientContext>;

function wire(door: Wire['door'], status: Changeable, link: Link): Wire {
  return {
    door,
    client: createORPCClient<Client>(link),
    state: () => status.state,
    subscribe: (listener) => status.subscribe(listener),
  };
}

/**
 * A MessagePort cannot cross contextBridge, so it comes as a window message: the page asks, the preload makes a
 * channel, sends one end to the host and posts the other here. When the host ends, the port closes and we ask again.
 */
function openPort(): Wire {
  const status = changeable();
  let link: Promise<Link> = ask();

  function ask(): Promise<Link> {
    return new Promise((resolve) => {
      const take = (event: MessageEvent) => {
        const port = event.ports[0];
        // Only our own window may hand over a port: a frame or an opener has another source.
        if (event.source !== window || event.data !== 'rpc:port' || port === undefined) return;
        window.removeEventListener('message', take);
        port.addEventListener('close', () => {
          status.set('lost');
          link = ask();
        });
        resolve(new PortLink({ port }));
        port.start();
        status.set('open');
      };
      window.addEventListener('message', take);
      window.postMessage('rpc:want-port', window.location.origin);
    });
  }

  return wire('desktop', status, new DynamicLink(() => link));
}

function openSocket(): Wire {
  const status = changeable();
  const token = takeToken();
  const url = `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/wire`;
  const socket = new ReconnectingSocket(url, token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, `tok.${token}`], {
    // A call made while the link is down fails at once and the page says so; replaying it later would surprise.
    maxEnqueuedMessages: 0,
    minReconnectionDelay: 250,
    maxReconnectionDelay: 5000,
  });
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => status.set('open'));
  socket.addEventListener('close', () => {
    if (status.state !== 'refused') status.set(status.state === 'connecting' ? 'connecting' : 'lost');
    // A browser hides why an upgrade failed, so ask in a way that shows it.
    void giveUpIfRefused();
  });
  const giveUpIfRefused = async () => {
    if (!(await tokenRefused(token))) return;
    status.set('refused');
    socket.close();
  };
  return wire('web', status, new SocketLink({ websocket: socket as SocketLike }));
}

/** Moves the token from the address bar, where a screenshot or a bookmark would carry it away, to this tab's memory. */
function takeToken(): string | null {
  const match = /^#token=([\w-]+)$/.exec(window.location.hash);
  if (match?.[1] !== undefined) {
    window.sessionStorage.setItem(TOKEN_KEY, match[1]);
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
  }
  return window.sessionStorage.getItem(TOKEN_KEY);
}

async function tokenRefused(token: string | null): Promise<boolean> {
  try {
    const answer = await fetch('/session', { headers: { authorization: `Bearer ${token ?? ''}` }, cache: 'no-store' });
    return answer.status === 401;
  } catch {
    return false; // not reachable: keep trying
  }
}
