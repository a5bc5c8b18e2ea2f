import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { CapabilityId } from '#shared/model/server.ts';
import { useApi, useWireState } from '../../api/console.tsx';
import { useSay } from '../../i18n/words.ts';

export type QueueAction = 'hold' | 'release' | 'requeue' | 'flush' | 'bounce' | 'delete';

export interface ActionState {
  /** Why this server cannot do it; null: it can, as far as is known. */
  off: string | null;
}

export type ActionStates = Record<QueueAction, ActionState> & { delete: ActionState & { copies: boolean } };

/** What the last probe says of each action. A server that was never probed is asked when the plan is made. */
export function useActionStates(serverId: string): ActionStates {
  const { t } = useLingui();
  const api = useApi();
  const say = useSay();
  const wire = useWireState();
  const { data: probe } = useQuery(
    api.query.servers.probe.queryOptions({ input: { serverId }, enabled: wire === 'open', staleTime: 60_000 }),
  );
  const off = (id: CapabilityId): string | null => {
    const found = probe?.capabilities.find((capability) => capability.id === id);
    if (found === undefined || found.available) return null;
    return found.remedy === null ? say(found.why) : t`${say(found.why)}. ${say(found.remedy)}`;
  };
  return {
    hold: { off: off('queue.hold') },
    release: { off: off('queue.release') },
    requeue: { off: off('queue.requeue') },
    flush: { off: off('queue.flush') },
    bounce: { off: off('queue.bounce') },
    delete: { off: off('queue.delete'), copies: off('queue.copies') === null },
  };
}
