import type { Page } from 'playwright/test';
import type { LabHost } from '../lab/host.ts';
import { expect } from './console.ts';

/** Fills the open dialog with a host of the lab, root and its key file, and takes the host key that is offered. */
export async function addByKey(page: Page, host: LabHost): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Add a server' });
  await dialog.getByLabel('Host and port').fill(host.address);
  await dialog.getByLabel('User', { exact: true }).fill('root');
  await dialog.getByLabel('Name', { exact: true }).fill(host.name);
  await dialog.getByLabel(/^Key file/).fill(host.keyFile);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog', { name: /^Is this the host key of/ })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('rowheader', { name: 'Postfix' })).toBeVisible();
}
