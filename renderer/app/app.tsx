import { MantineProvider } from '@mantine/core';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type ConsoleApi, ConsoleProvider, useSettings, useWireState } from '../api/console.tsx';
import { switchLanguage, systemLocale } from '../i18n/locale.ts';
import { ClipTip } from '../ui/clip-tip.tsx';
import { cssVariablesResolver, theme } from '../ui/theme.ts';
import { DialogsProvider } from './dialogs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { createPageRouter } from './router.tsx';
import { Unreachable } from './unreachable.tsx';

const SCHEME = 'postdeck.theme';

/** Remembers the scheme for the next start, when the page draws before the settings are there. */
function useScheme(): 'auto' | 'light' | 'dark' {
  const { theme: wish } = useSettings();
  const wire = useWireState();
  const known = wire === 'open' ? wish : (localStorage.getItem(SCHEME) ?? wish);
  useEffect(() => {
    if (wire === 'open') localStorage.setItem(SCHEME, wish);
  }, [wire, wish]);
  return known === 'light' || known === 'dark' ? known : 'auto';
}

function Page() {
  const [router] = useState(createPageRouter);
  const scheme = useScheme();
  const { locale } = useSettings();
  const wire = useWireState();
  const [met, setMet] = useState(wire === 'open');
  useEffect(() => {
    void switchLanguage(locale ?? systemLocale());
  }, [locale]);
  useEffect(() => {
    if (wire === 'open') setMet(true);
  }, [wire]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      {...(scheme === 'auto' ? {} : { forceColorScheme: scheme })}
    >
      <ErrorBoundary>
        {met ? (
          <DialogsProvider>
            <RouterProvider router={router} />
          </DialogsProvider>
        ) : (
          <Unreachable state={wire} />
        )}
      </ErrorBoundary>
      <ClipTip />
    </MantineProvider>
  );
}

export function App(props: { api: ConsoleApi }) {
  return (
    <I18nProvider i18n={i18n}>
      <ConsoleProvider api={props.api}>
        <Page />
      </ConsoleProvider>
    </I18nProvider>
  );
}
