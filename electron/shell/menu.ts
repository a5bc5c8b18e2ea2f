import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { type Text, text } from '#shared/model/text.ts';
import { say } from './words.ts';

type Role = NonNullable<MenuItemConstructorOptions['role']>;
const LINE: MenuItemConstructorOptions = { type: 'separator' };

/**
 * The application menu: what the platform expects, and no console actions. Those are in the page's own palette. The
 * words are ours, because Electron's own are English whatever the language.
 */
export function setMenu(): void {
  const isMac = process.platform === 'darwin';
  const item = (role: Role, label: Text): MenuItemConstructorOptions => ({ role, label: say(label) });
  const quit = item('quit', text(/*i18n*/ { id: 'shell.menu.quit', message: 'Quit Postdeck' }));
  const close = item('close', text(/*i18n*/ { id: 'shell.menu.close', message: 'Close window' }));
  const mac: MenuItemConstructorOptions = {
    role: 'appMenu',
    label: 'Postdeck',
    submenu: [
      item('about', text(/*i18n*/ { id: 'shell.menu.about', message: 'About Postdeck' })),
      LINE,
      item('services', text(/*i18n*/ { id: 'shell.menu.services', message: 'Services' })),
      LINE,
      item('hide', text(/*i18n*/ { id: 'shell.menu.hide', message: 'Hide Postdeck' })),
      item('hideOthers', text(/*i18n*/ { id: 'shell.menu.hide-others', message: 'Hide others' })),
      item('unhide', text(/*i18n*/ { id: 'shell.menu.show-all', message: 'Show all' })),
      LINE,
      quit,
    ],
  };
  const file: MenuItemConstructorOptions = {
    ...item('fileMenu', text(/*i18n*/ { id: 'shell.menu.file', message: 'File' })),
    submenu: isMac ? [close] : [close, LINE, quit],
  };
  const edit: MenuItemConstructorOptions = {
    ...item('editMenu', text(/*i18n*/ { id: 'shell.menu.edit', message: 'Edit' })),
    submenu: [
      item('undo', text(/*i18n*/ { id: 'shell.menu.undo', message: 'Undo typing' })),
      item('redo', text(/*i18n*/ { id: 'shell.menu.redo', message: 'Redo typing' })),
      LINE,
      item('cut', text(/*i18n*/ { id: 'shell.menu.cut', message: 'Cut' })),
      item('copy', text(/*i18n*/ { id: 'shell.menu.copy', message: 'Copy' })),
      item('paste', text(/*i18n*/ { id: 'shell.menu.paste', message: 'Paste' })),
      item('selectAll', text(/*i18n*/ { id: 'shell.menu.select-all', message: 'Select all' })),
    ],
  };
  const view: MenuItemConstructorOptions = {
    ...item('viewMenu', text(/*i18n*/ { id: 'shell.menu.view', message: 'View' })),
    submenu: [
      item('reload', text(/*i18n*/ { id: 'shell.menu.reload', message: 'Reload the page' })),
      ...(app.isPackaged
        ? []
        : [item('toggleDevTools', text(/*i18n*/ { id: 'shell.menu.devtools', message: 'Developer tools' }))]),
      LINE,
      item('resetZoom', text(/*i18n*/ { id: 'shell.menu.zoom-reset', message: 'Actual size' })),
      item('zoomIn', text(/*i18n*/ { id: 'shell.menu.zoom-in', message: 'Zoom in' })),
      item('zoomOut', text(/*i18n*/ { id: 'shell.menu.zoom-out', message: 'Zoom out' })),
      LINE,
      item('togglefullscreen', text(/*i18n*/ { id: 'shell.menu.full-screen', message: 'Full screen' })),
    ],
  };
  const window: MenuItemConstructorOptions = {
    ...item('windowMenu', text(/*i18n*/ { id: 'shell.menu.window', message: 'Window' })),
    submenu: [
      item('minimize', text(/*i18n*/ { id: 'shell.menu.minimize', message: 'Minimize' })),
      ...(isMac
        ? [
            item('zoom', text(/*i18n*/ { id: 'shell.menu.zoom', message: 'Zoom the window' })),
            LINE,
            item('front', text(/*i18n*/ { id: 'shell.menu.front', message: 'Bring all to front' })),
          ]
        : []),
    ],
  };
  Menu.setApplicationMenu(Menu.buildFromTemplate([...(isMac ? [mac] : []), file, edit, view, window]));
}
