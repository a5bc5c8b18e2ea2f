// Starts the console from a checkout: `start` (desktop or browser) and `cli ARGS`. Plain JavaScript that any Node can
// at least read, since on an old one its job is to say so. It builds when the sources are newer than what is built.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const OUT = join(ROOT, 'out');
const STAMP = join(OUT, '.stamp');
const LOCK = join(OUT, '.building');
const SOURCES = ['electron', 'shared', 'renderer', 'resources/locales'];
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
  'lingui.config.ts',
  'tsconfig.base.json',
];
const BUILT = [
  'main/main.js',
  'main/desktop.js',
  'main/web.js',
  'main/cli.js',
  'main/log-thread.js',
  'main/log-worker.js',
  'main/scanner.wasm',
  'main/correlator.wasm',
  'preload/preload.cjs',
  'renderer/index.html',
];

requireNode();
const [door, ...args] = process.argv.slice(2);
if (door === 'cli') await cli();
else if (door === 'start') await start();
else fail(2, 'BAD_INPUT: expected start or cli; see package.json');

async function cli() {
  await build(false);
  // In this very process: a second Node would cost more than the command.
  process.argv.splice(1, 2, join(OUT, 'main', 'cli.js'));
  await import(pathToFileURL(process.argv[1]).href);
}

async function start() {
  const known = ['--web', '--desktop', '--no-open', '--read-only', '--port', '--data'];
  const web = [];
  const env = { ...process.env };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].split(/=(.*)/s, 2);
    if (!known.includes(name)) fail(2, `BAD_INPUT: unknown option ${args[i]}; expected ${known.join(', ')}`);
    if (name === '--web' || name === '--desktop') continue;
    const value = name === '--port' || name === '--data' ? (inline ?? args[++i]) : undefined;
    if ((name === '--port' || name === '--data') && value === undefined) fail(2, `BAD_INPUT: ${name} needs a value`);
    if (name === '--data') env.POSTDECK_DATA = value;
    else web.push(name, ...(value === undefined ? [] : [value]));
  }
  const wantsDesktop = args.includes('--desktop');
  if (wantsDesktop && args.includes('--web')) fail(2, 'BAD_INPUT: expected either --web or --desktop, got both');
  await build(true);
  if (!args.includes('--web')) {
    const obstacle = desktopObstacle() ?? (await fetchRuntime());
    if (obstacle === null) {
      const { code, early } = await desktop(env);
      if (code === 0 || !early || wantsDesktop) process.exit(code);
      say(`Postdeck: the desktop app did not start (exit ${code}); serving the same console on loopback instead`);
    } else if (wantsDesktop) {
      fail(1, `UNSUPPORTED: the desktop app cannot start: ${obstacle}; use npm start -- --web`);
    } else {
      say(`Postdeck: no desktop app: ${obstacle}; serving the same console on loopback instead`);
    }
  }
  const { code } = await child(process.execPath, [join(OUT, 'main', 'web.js'), ...web], env);
  process.exit(code);
}

/** Why the desktop app cannot run on this machine whatever is fetched; null: it can. */
function desktopObstacle() {
  if (process.platform !== 'linux') return null;
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no display';
  if (process.getuid?.() === 0) return "Chromium's sandbox does not run as root";
  return null;
}

/** The Electron program; null: not there. Never import `electron` itself: that call starts a download. */
function runtime() {
  const home = join(ROOT, 'node_modules', 'electron');
  try {
    const program = join(
      process.env.ELECTRON_OVERRIDE_DIST_PATH || join(home, 'dist'),
      readFileSync(join(home, 'path.txt'), 'utf8'),
    );
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

/** Fetches Electron's runtime if it is not there. Answers why that failed, or null. */
async function fetchRuntime() {
  if (runtime() !== null) return null;
  const installer = join(ROOT, 'node_modules', 'electron', 'install.js');
  if (!existsSync(installer)) return 'Electron is not installed';
  const mirror = process.env.ELECTRON_MIRROR || 'https://github.com/';
  // Behind a proxy only the installer knows the way; elsewhere a machine without a network should not wait long.
  if (!process.env.HTTPS_PROXY && !process.env.https_proxy) {
    const reached = await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
    if (!reached) return `its runtime is not here and ${new URL(mirror).host} cannot be reached`;
  }
  say('Postdeck: fetching the runtime of the desktop app (once, about 110 MB)');
  const { status } = spawnSync(process.execPath, [installer], {
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 15 * 60_000,
  });
  return status === 0 && runtime() !== null ? null : 'its runtime could not be fetched';
}

async function desktop(env) {
  const began = Date.now();
  const { code } = await child(runtime(), [ROOT], env);
  // A missing library or a refused sandbox ends it at once; later than this it was a person or a crash.
  return { code, early: Date.now() - began < 5000 };
}

/** Runs a program to its end with our terminal. Ctrl-C reaches it from the terminal itself; TERM is passed on. */
function child(program, argv, env) {
  return new Promise((resolve) => {
    const running = spawn(program, argv, { stdio: 'inherit', env, cwd: process.cwd() });
    process.on('SIGINT', () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => running.kill(signal));
    running.once('error', () => resolve({ code: 1 }));
    running.once('exit', (code) => resolve({ code: code ?? 1 }));
  });
}

/** Builds when stale. Silent unless `told`; on failure prints what the build printed. */
async function build(told) {
  mkdirSync(OUT, { recursive: true });
  for (;;) {
    const signature = sign();
    if (isFresh(signature)) return;
    if (!takeLock()) {
      await new Promise((resolve) => setTimeout(resolve, 200)); // another command is building the same
      continue;
    }
    try {
      if (told) say('Postdeck: building (the first start, or the sources have changed)');
      const bundler = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
      if (!existsSync(bundler)) fail(1, 'UNSUPPORTED: the packages are not installed; run npm ci first');
      const { status, stdout, stderr } = spawnSync(process.execPath, [bundler, 'build'], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      if (status !== 0) {
        process.stderr.write(`${stdout}${stderr}`);
        fail(1, 'INTERNAL: the console could not be built; the lines above say why');
      }
      writeFileSync(STAMP, signature);
    } finally {
      rmSync(LOCK, { recursive: true, force: true });
    }
    return;
  }
}

function isFresh(signature) {
  try {
    return readFileSync(STAMP, 'utf8') === signature && BUILT.every((file) => existsSync(join(OUT, file)));
  } catch {
    return false;
  }
}

/** One build at a time. A lock whose maker is gone is taken over. */
function takeLock() {
  try {
    mkdirSync(LOCK);
    writeFileSync(join(LOCK, 'pid'), String(process.pid));
    process.on('exit', () => rmSync(LOCK, { recursive: true, force: true }));
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(join(LOCK, 'pid'), 'utf8')), 0);
    } catch (error) {
      // ENOENT: the maker has made the folder and not yet the file, or has just finished.
      if (error.code === 'ESRCH') rmSync(LOCK, { recursive: true, force: true });
    }
    return false;
  }
}

/** What the sources are: names, sizes and times. Reading them all would cost more than most commands. */
function sign() {
  const hash = createHash('sha256');
  const add = (file, stat) => hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`);
  const walk = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else add(path, statSync(join(ROOT, path)));
    }
  };
  for (const folder of SOURCES) if (existsSync(join(ROOT, folder))) walk(folder);
  for (const file of SETTINGS) if (existsSync(join(ROOT, file))) add(file, statSync(join(ROOT, file)));
  return hash.digest('hex');
}

/** better-sqlite3 crashes on an older Node, without a word. */
function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return;
  const own = join(ROOT, 'node_modules', '.bin', 'node');
  if (existsSync(own) && process.env.POSTDECK_RELAUNCHED === undefined) {
    const argv = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const env = { ...process.env, POSTDECK_RELAUNCHED: '1' };
    const { status } = spawnSync(own, argv, { stdio: 'inherit', env });
    process.exit(status ?? 1);
  }
  fail(
    2,
    `UNSUPPORTED: Node ${process.versions.node} is too old; install Node 22.12 or newer, or run npm ci on Linux x64, which brings one`,
  );
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(code, words) {
  say(`postdeck: ${words}`);
  process.exit(code);
}
