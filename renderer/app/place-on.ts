/**
 * Where another server is met on the tab that is open. What belongs to the old server (its search, the row that is
 * open) stays behind; which part of the tab is on view does not.
 */
export function placeOn(
  serverId: string,
  pathname: string,
  search: Readonly<Record<string, unknown>>,
): [path: string, search: Record<string, unknown>] {
  const id = pathname.split('/')[1] ?? '';
  const view = typeof search['view'] === 'string' ? { view: search['view'] } : {};
  if (id === 'logs')
    return ['/logs', search['view'] === 'files' ? { server: serverId } : { server: serverId, ...view }];
  if (id === 'journal') return ['/journal', { server: serverId }];
  if (id !== 'accounts' && id !== 'server') return [`/queue/${serverId}`, {}];
  return [`/${id}/${serverId}`, search['view'] === 'import' ? {} : view];
}
