import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bootApp, CHROMIUM, minimalApp, realApp, type SimApp } from './app.ts';

describe.skipIf(CHROMIUM === null)('simulated desktop host (needs Chromium)', () => {
  let folder: string;
  let app: SimApp | null = null;
  const boot = (env: Record<string, string> = {}, where = folder) => (app = bootApp(where, env));

  beforeAll(async () => {
    folder = await minimalApp();
  });
  afterEach(async () => {
    await app?.close();
    app = null;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('built main, preload, host and page boot, shake hands, and the contract answers', async () => {
    const sim = boot();
    await sim.until('shown');
    expect(await sim.evaluate('window.host')).toEqual({ platform: 'linux', version: '1.2.3' });
    const info = await sim.evaluate<{ host: string; version: string }>('wire.client.app.info()');
    expect(info).toMatchObject({ host: 'desktop', version: '1.2.3' });
    expect(await sim.evaluate('wire.state()')).toBe('open');
  });

  test('typed failures and streams under credit arrive in the page', async () => {
    const sim = boot();
    await sim.until('shown');
    const code = await sim.evaluate(
      "wire.client.servers.show({ serverId: 'nobody' }).then(() => 'answered', (error) => failureOf(error).code)",
    );
    expect(code).toBe('NOT_FOUND');
    const seen = await sim.evaluate<{ count: number; first: string }>(`(async () => {
      const { id } = await wire.client.servers.add({ name: 'demo', demo: true });
      let count = 0, first = null;
      const stream = consume(await wire.client.queue.list({ serverId: id }), (ack) => wire.client.flow.ack(ack));
      for await (const batch of stream) { count += batch.length; first ??= batch[0].id; }
      return { count, first };
    })()`);
    expect(seen.count).toBeGreaterThan(0);
    expect(seen.first).toMatch(/^[0-9A-Za-z]+$/);
  });

  test('the window is opened sandboxed and isolated, and permissions are refused', async () => {
    const sim = boot();
    const window = await sim.until('window');
    expect(window['sandboxed']).toBe(true);
    expect(window['webPreferences']).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
    for (const asked of ['media', 'geolocation', 'device']) {
      expect(await sim.until('permission', (event) => event['asked'] === asked)).toMatchObject({ granted: false });
    }
  });

  test('the page carries its content security policy: inline script does not run', async () => {
    const sim = boot();
    await sim.until('shown');
    const ran = await sim.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.head.append(script);
      return window.ran === true;
    })()`);
    expect(ran).toBe(false);
  });

  test('leaving the page and opening windows is refused', async () => {
    const sim = boot();
    await sim.until('shown');
    await sim.evaluate("void (location.href = 'https://evil.example/')");
    expect(await sim.until('foreign', (event) => String(event['url']).includes('evil'))).toMatchObject({
      prevented: true,
    });
    await sim.evaluate("void window.open('about:blank')");
    expect(await sim.until('popup')).toMatchObject({ action: 'deny' });
  });

  test('secrets are kept by the keychain of the system, and not by a fake one', async () => {
    const info = 'wire.client.app.info().then(({ secrets }) => secrets.keeper)';
    const sim = boot();
    await sim.until('shown');
    expect(await sim.evaluate(info)).toBe('keychain');
    const kept = await sim.evaluate(`(async () => {
      const ssh = { host: '127.0.0.1', user: 'ops' };
      const { id: serverId } = await wire.client.servers.add({ name: 'mx', ssh });
      const { kept } = await wire.client.servers.setSecret({ serverId, kind: 'password', value: 'hunter2-in-clear', keep: 'stored' });
      const { forgotten } = await wire.client.servers.forgetSecrets({ serverId });
      return { kept, forgotten };
    })()`);
    expect(kept).toEqual({ kept: 'keychain', forgotten: 1 });
    await sim.close();
    const without = boot({ SIM_STORAGE: 'basic_text' });
    await without.until('shown');
    expect(await without.evaluate(info)).not.toBe('keychain');
  });

  test('a host that is killed: said so, restarted, and the page is linked again', async () => {
    const sim = boot();
    await sim.until('shown');
    await sim.evaluate('wire.client.app.info().then(() => undefined)');
    process.kill((await sim.until('forked'))['pid'] as number, 'SIGKILL');
    expect((await sim.until('dialog'))['options']).toMatchObject({ message: 'The console stopped unexpectedly' });
    await sim.until('reloaded');
    expect(await sim.evaluate('wire.client.app.info().then(({ host }) => host)')).toBe('desktop');
  });

  test('menu and dialogs speak the language of the system, until the settings name one', async () => {
    const labels = (words: string) => (event: { [fact: string]: unknown }) =>
      (event['labels'] as string[]).includes(words);
    const sim = boot({ SIM_LOCALE: 'pl-PL' });
    await sim.until('menu', labels('Plik'));
    await sim.until('shown');
    await sim.evaluate("wire.client.app.saveSettings({ locale: 'en' }).then(() => undefined)");
    await sim.until('menu', labels('File'));
    await sim.evaluate("wire.client.app.saveSettings({ locale: 'pl' }).then(() => undefined)");
    await expect.poll(() => sim.events.findLast(({ type }) => type === 'menu')?.['labels']).toContain('Plik');
    process.kill((await sim.until('forked'))['pid'] as number, 'SIGKILL');
    expect((await sim.until('dialog'))['options']).toMatchObject({
      message: 'Konsola nieoczekiwanie przestała działać',
      buttons: ['Uruchom ponownie', 'Zakończ'],
    });
  });

  test('quitting lets the host close its files and ends everything', async () => {
    const sim = boot();
    await sim.until('shown');
    await sim.evaluate('wire.client.app.info().then(() => undefined)');
    sim.send('quit');
    expect(await sim.until('host-exit')).toMatchObject({ code: 0 });
    expect(await sim.ended).toBe(0);
    expect(sim.events.filter(({ type }) => type === 'dialog')).toEqual([]);
  });

  test('a second instance ends at once and opens nothing', async () => {
    const sim = boot({ SIM_SECOND_INSTANCE: '1' });
    expect(await sim.ended).toBe(0);
    expect(sim.events.map(({ type }) => type)).not.toContain('window');
  });

  test('the simulator notices a main that waits for ready at its top level', async () => {
    writeFileSync(join(folder, 'bad.mjs'), "import { app } from 'electron';\nawait app.whenReady();\n");
    writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"bad.mjs","version":"1.2.3"}');
    try {
      // Its IPC channel keeps a Node alive; without one it ends with 13 as it would in a terminal.
      const sim = boot({ SIM_UNREF: '1' });
      expect(await sim.ended).toBe(13);
    } finally {
      writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"out/main/main.js","version":"1.2.3"}');
    }
  });

  test('the real page mounts over the port without an error', async () => {
    const real = realApp();
    try {
      const sim = boot({}, real);
      await sim.until('shown');
      await expect.poll(() => sim.evaluate('document.body.innerText.length'), { timeout: 20_000 }).toBeGreaterThan(20);
      expect(sim.events.filter(({ type }) => type === 'page-error')).toEqual([]);
    } finally {
      await app?.close();
      rmSync(real, { recursive: true, force: true });
    }
  });
});
