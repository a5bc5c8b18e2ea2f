import '@mantine/core/styles.css';
import '@mantine/spotlight/styles.css';
import './ui/fonts.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/console.tsx';
import { openWire } from './api/wire.ts';
import { App } from './app/app.tsx';
import { switchLanguage, systemLocale } from './i18n/locale.ts';

// First of all: the wire takes the token out of the address before a router reads it.
const api = createApi(openWire());
const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
await switchLanguage(systemLocale());
createRoot(root).render(
  <StrictMode>
    <App api={api} />
  </StrictMode>,
);
