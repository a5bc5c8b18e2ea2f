import { useLingui } from '@lingui/react/macro';
import { assertNever } from '#shared/model/assert-never.ts';
import type { ServerStatus } from '#shared/model/server.ts';

/** The word beside a server's mark. */
export function useStateWord(): (state: ServerStatus['state']) => string {
  const { t } = useLingui();
  return (state) => {
    switch (state) {
      case 'connected':
        return t`connected`;
      case 'connecting':
        return t`connecting`;
      case 'needs-look':
        return t`needs a look`;
      case 'offline':
        return t`does not answer`;
      case 'not-contacted':
        return t`not contacted yet`;
      default:
        return assertNever(state, 'server state');
    }
  };
}
