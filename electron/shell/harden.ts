import { app, session, shell, type WebContents } from 'electron';
import { isOwnPage } from './origin.ts';

/**
 * Nothing the page shows, a message's HTML least of all, may open windows, leave the page, attach a webview or get a
 * permission. Links to the web go to the person's own browser.
 */
export function harden(): void {
  app.on('web-contents-created', (_event, contents) => confine(contents));
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) => {
    answer(permission === 'clipboard-sanitized-write'); // the Copy buttons
  });
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission) => permission === 'clipboard-sanitized-write',
  );
  session.defaultSession.setDevicePermissionHandler(() => false);
}

function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}
