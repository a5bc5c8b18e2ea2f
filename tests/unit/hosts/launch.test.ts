import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

/** A checkout in small: the real launcher, and a bundler that only says that it was called. */
describe('launcher', () => {
  let root: string;
  const launch = (args: string[], options: { env?: Record<string, string>; node?: string[] } = {}) =>
    spawnSync(process.execPath, [...(options.node ?? []), join(root, 'electron', 'hosts', 'launch.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', ...options.env },
    });
  const builds = () => readFileSync(join(root, 'builds'), 'utf8').length;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'postdeck-launch-'));
    const write = (path: string, text: string) => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    mkdirSync(join(root, 'electron', 'hosts'), { recursive: true });
    const launcher = join(import.meta.dirname, '..', '..', '..', 'electron', 'hosts', 'launch.mjs');
    cpSync(launcher, join(root, 'electron', 'hosts', 'launch.mjs'));
    write('package.json', '{"type":"module"}');
    write('electron/source.ts', '1');
    write('shared/model/source.ts', '1');
    write('builds', '');
    write(
      'node_modules/electron-vite/bin/electron-vite.js',
      `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
       if (process.env.BROKEN) { console.error('source.ts: syntax error'); process.exit(1); }
       appendFileSync('builds', 'x');
       for (const dir of ['main', 'preload', 'renderer']) mkdirSync('out/' + dir, { recursive: true });
       for (const file of ['main/main.js', 'main/desktop.js', 'main/log-thread.js', 'main/log-worker.js', 'main/scanner.wasm', 'main/correlator.wasm', 'preload/preload.cjs', 'renderer/index.html']) writeFileSync('out/' + file, '');
       writeFileSync('out/main/cli.js', 'console.log(JSON.stringify(process.argv.slice(2)))');
       writeFileSync('out/main/web.js', 'console.log("web " + process.argv.slice(2).join(" ") + " data=" + (process.env.POSTDECK_DATA ?? ""))');`,
    );
  });
  beforeEach(() => {
    writeFileSync(join(root, 'builds'), '');
    rmSync(join(root, 'out'), { recursive: true, force: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('cli builds silently when stale, passes its arguments as they are, and builds no second time', () => {
    const args = ['queue', 'list', '--reason', 'a b;$(x)', '--json'];
    for (let i = 0; i < 2; i++) {
      const { status, stdout, stderr } = launch(['cli', ...args]);
      expect({ status, stderr, args: JSON.parse(stdout) as string[] }).toEqual({ status: 0, stderr: '', args });
    }
    expect(builds()).toBe(1);
    writeFileSync(join(root, 'shared', 'model', 'source.ts'), 'changed');
    launch(['cli']);
    expect(builds()).toBe(2);
    rmSync(join(root, 'out', 'renderer', 'index.html'));
    launch(['cli']);
    expect(builds()).toBe(3);
  });

  test('a build that fails prints why, exit 1', () => {
    const { status, stdout, stderr } = launch(['cli', 'queue'], { env: { BROKEN: '1' } });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('source.ts: syntax error');
    expect(stderr).toMatch(/postdeck: INTERNAL: .*\n$/);
  });

  test('a lock left by a killed build is taken over', () => {
    mkdirSync(join(root, 'out', '.building'), { recursive: true });
    const { pid } = spawnSync(process.execPath, ['-e', '']); // a process that has ended
    writeFileSync(join(root, 'out', '.building', 'pid'), String(pid));
    expect(launch(['cli']).status).toBe(0);
    expect(builds()).toBe(1);
  });

  test.runIf(process.platform === 'linux')('start without a display says so in one line and serves on loopback', () => {
    const { status, stdout, stderr } = launch(['start', '--no-open', '--port', '0', '--data', '/some where']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'web --no-open --port 0 data=/some where\n' });
    expect(stderr).toBe(
      'Postdeck: building (the first start, or the sources have changed)\n' +
        'Postdeck: no desktop app: there is no display; serving the same console on loopback instead\n',
    );
    expect(launch(['start', '--web']).stderr).toBe('');
  });

  test.runIf(process.platform === 'linux')('--desktop where it cannot be: exit 1 and why', () => {
    const { status, stderr } = launch(['start', '--desktop']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /postdeck: UNSUPPORTED: the desktop app cannot start: there is no display; use npm start -- --web\n$/,
    );
  });

  test('wrong usage: exit 2 and one line, before anything is built', () => {
    const wrong = [['start', '--nope'], ['start', '--port'], ['start', '--web', '--desktop'], ['other'], []];
    for (const args of wrong) {
      const { status, stderr } = launch(args);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toMatch(/^postdeck: BAD_INPUT: .*\n$/);
    }
    expect(builds()).toBe(0);
  });

  test('an old Node is told so in one line, exit 2', () => {
    const old = join(root, 'old-node.mjs');
    writeFileSync(
      old,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });",
    );
    const { status, stderr } = launch(['cli'], { node: ['--import', old] });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^postdeck: UNSUPPORTED: Node 20\.19\.0 is too old; install Node 22\.12 or newer.*\n$/);
  });
});
