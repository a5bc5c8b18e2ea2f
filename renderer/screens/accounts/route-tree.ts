import type { RouteStep } from '#shared/model/alias.ts';

export type RouteKind = RouteStep['kind'];

/** An address on the way, with what the server does with it and where that leads. */
export interface RouteNode {
  address: string;
  ends: Pick<RouteStep, 'kind' | 'by' | 'via'>[];
  ways: { kind: RouteKind; by: string; to: RouteNode[] }[];
  /** Stands further up already, with its own ways: not drawn again. */
  again: boolean;
}

/** The server's answers as a tree from the address asked about. An address met twice is drawn out once. */
export function routeTree(asked: string, steps: readonly RouteStep[]): RouteNode {
  const byAddress = new Map<string, RouteStep[]>();
  for (const step of steps) {
    const key = step.address.toLowerCase();
    byAddress.set(key, [...(byAddress.get(key) ?? []), step]);
  }
  const drawn = new Set<string>();
  const node = (address: string): RouteNode => {
    const key = address.toLowerCase();
    const own = byAddress.get(key) ?? [];
    if (drawn.has(key)) return { address, ends: [], ways: [], again: own.length > 0 };
    drawn.add(key);
    const ways = own.filter((step) => step.to.length > 0);
    const ends = own.filter((step) => step.to.length === 0);
    return {
      address,
      ends: ends.map(({ kind, by, via }) => ({ kind, by, ...(via === undefined ? {} : { via }) })),
      ways: ways.map(({ kind, by, to }) => ({ kind, by, to: to.map(node) })),
      again: false,
    };
  };
  return node(asked);
}

/** Where mail ends, counted: mailboxes, other hosts, refusals. */
export function routeEnds(steps: readonly RouteStep[]): { boxes: number; away: number; bad: number } {
  const count = (kinds: readonly RouteKind[]) => steps.filter((step) => kinds.includes(step.kind)).length;
  return { boxes: count(['mailbox', 'local']), away: count(['relay', 'program']), bad: count(['unknown', 'loop']) };
}
