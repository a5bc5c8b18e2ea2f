import { useMutation } from '@tanstack/react-query';
import type { Settings } from '#shared/model/settings.ts';
import { useApi } from '../../api/console.tsx';

/** Saves some settings and shows them at once; takes them back on screen where saving fails. */
export function useSaveSettings() {
  const api = useApi();
  const key = api.query.app.settings.queryKey();
  return useMutation({
    mutationFn: (settings: Partial<Settings>) => api.client.app.saveSettings(settings),
    onMutate: (settings) => {
      const before = api.cache.getQueryData(key);
      if (before !== undefined) api.cache.setQueryData(key, { ...before, ...settings });
      return before;
    },
    onError: (_error, _settings, before) => api.cache.setQueryData(key, before),
    onSuccess: (settings) => api.cache.setQueryData(key, settings),
  });
}
