import { useParams, useSearch } from '@tanstack/react-router';
import { QueueView } from './queue-view.tsx';

/** The queue of the server that the address names. */
export default function QueueScreen() {
  const { serverId }: { serverId?: string } = useParams({ strict: false });
  const search: Record<string, unknown> = useSearch({ strict: false });
  // A server is another screen: nothing of the last one's selection or rows may stay.
  return serverId === undefined ? null : <QueueView key={serverId} serverId={serverId} search={search} />;
}
