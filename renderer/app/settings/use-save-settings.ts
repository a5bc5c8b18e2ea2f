import { useMutation } from '@tanstack/react-query';
import type { Settings } from '#shared/model/settings.ts';
import { useApi } from '../../api/console.tsx';

/** Saves some settings and shows them at once. */
export function useSaveSettings() {
  const api = useApi();
  return useMutation({
    mutationFn: (settings: Partial<Settings>) => api.client.app.saveSettings(settings),
    onSuccess: (settings) => api.cache.setQueryData(api.query.app.settings.queryKey(), settings),
  });
}
