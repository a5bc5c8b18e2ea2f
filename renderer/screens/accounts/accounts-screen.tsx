import { useParams, useSearch } from '@tanstack/react-router';
import { AccountsHome } from './accounts-home.tsx';

/** Accounts, aliases and domains of the server that the address names. */
export default function AccountsScreen() {
  const { serverId }: { serverId?: string } = useParams({ strict: false });
  const search: Record<string, unknown> = useSearch({ strict: false });
  // A server is another screen: nothing of the last one's ticks or forms may stay.
  return serverId === undefined ? null : <AccountsHome key={serverId} serverId={serverId} search={search} />;
}
