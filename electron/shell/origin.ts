import { app } from 'electron';

/** The page's own origin: a scheme of ours instead of file:, so that origin checks and CSP mean something. */
export const SCHEME = 'app';

/** Under `npm run dev` the page comes from the bundler, and only there. */
export function pageUrl(): string {
  const dev = process.env['ELECTRON_RENDERER_URL'];
  return !app.isPackaged && dev !== undefined ? dev : `${SCHEME}://console/`;
}

/** Is this address the console's own page? Host included: any `app://other` is a stranger. */
export function isOwnPage(url: string): boolean {
  try {
    const page = new URL(pageUrl());
    const asked = new URL(url);
    return asked.protocol === page.protocol && asked.host === page.host;
  } catch {
    return false;
  }
}
