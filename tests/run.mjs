/**
 * The one test command: `npm test`, or `npm test -- unit drivers` for chosen stages.
 *
 * Every stage runs as a process group of its own. Static stages count as one test each, the others as many as they
 * hold. The lab, where this machine can have one, is started once and ended with the run; nothing is left behind, also
 * after Ctrl-C, and what an earlier run left that was killed is removed first.
 *
 * Plain JavaScript, and only old syntax up to the version check: it has to start, and to explain itself, on any Node.
 * Longer than usual: what ends a run, Ctrl-C included, has to know all that the run has started.
 */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// --- the right Node -------------------------------------------------------------------------------------------------

/** 2 = runs TypeScript files as they are, 1 = needs a flag for that, 0 = too old. */
function fitness(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major > 23 || (major === 22 && minor >= 18) || (major === 23 && minor >= 6)) return 2;
  return major === 23 || (major === 22 && minor >= 12) ? 1 : 0;
}

if (fitness(process.version) < 2 && !process.env.POSTDECK_TEST_NODE) {
  const own = join(root, 'node_modules', '.bin', 'node');
  const found = [own, process.execPath]
    .map((file) => ({
      file,
      version: (spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout || 'v0.0').trim(),
    }))
    .find(({ version }) => fitness(version) > 0);
  if (!found) {
    console.error(`Node >= 22.12 is needed, this is ${process.version} and node_modules has none: run "npm ci" first`);
    process.exit(1);
  }
  const flags = fitness(found.version) === 1 ? ['--experimental-strip-types'] : [];
  const argv = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(found.file, argv, {
    stdio: 'inherit',
    env: { ...process.env, POSTDECK_TEST_NODE: found.version },
  });
  // the terminal signals both of us; a `kill` only this one
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ? 1 : status)));
  process.exit(code);
}

// --- stages ---------------------------------------------------------------------------------------------------------

const MINUTE = 60_000;

/** static: one command, one test. vitest / playwright: the tests of a folder, absent when it has none. */
const STAGES = [
  { name: 'types', kind: 'static', argv: ['tsc', '-b'] },
  { name: 'lint', kind: 'static', argv: ['oxlint', '--type-aware'] },
  { name: 'format', kind: 'static', argv: ['biome', 'format', '.'] },
  { name: 'build', kind: 'static', argv: ['electron-vite', 'build'] },
  { name: 'unit', kind: 'vitest' },
  { name: 'wire', kind: 'vitest', lab: true },
  { name: 'drivers', kind: 'vitest', lab: true },
  { name: 'logs', kind: 'vitest', lab: true },
  { name: 'lab', kind: 'vitest', lab: true },
  { name: 'e2e', kind: 'playwright', lab: true, build: true },
  { name: 'sim', kind: 'vitest', build: true, chromium: true },
  { name: 'pack', kind: 'vitest', build: true },
];
const STAGE_LIMIT = 20 * MINUTE;

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(`no stage ${unknown.join(', ')}; there are: ${STAGES.map((stage) => stage.name).join(' ')}`);
  process.exit(2);
}

const TEST_FILE = { vitest: /\.test\.tsx?$/, playwright: /\.spec\.ts$/ };
function hasTests(stage) {
  const dir = join(root, 'tests', stage.name);
  if (stage.kind === 'static') return true;
  return (
    fs.existsSync(dir) && fs.readdirSync(dir, { recursive: true }).some((file) => TEST_FILE[stage.kind].test(file))
  );
}

let stages = STAGES.filter((stage) => chosen.length === 0 || chosen.includes(stage.name));
if (stages.some((stage) => stage.build && hasTests(stage)) && !stages.some((stage) => stage.name === 'build')) {
  stages = STAGES.filter((stage) => stage.name === 'build' || stages.includes(stage));
}

// --- this run -------------------------------------------------------------------------------------------------------

const { aptInstall, has, labAvailable } = await import('./lab/machine.ts');
const { down, remains, removeOrphans, up } = await import('./lab/updown.ts');
const { knownInstances, readRecord, running, stateDir } = await import('./lab/instance.ts');
const { allPids, argvOf, end, envOf, isAlive, procOf, statOf, until } = await import('./lab/proc.ts');
const { makeScratch, removeLeftScratch, removeScratch } = await import('./scratch.ts');

const linux = process.platform === 'linux';
const self = linux ? procOf(process.pid) : { pid: process.pid, start: 0 };
/** In the environment of every process of this run, and of nothing else: tells who left a process behind. */
const MARK = 'POSTDECK_TEST_RUN';
const mark = `${root}:${self.pid}:${self.start}`;
const scratch = makeScratch();
/** Of this run: two runs in one checkout must not clear each other's. The next run removes it. */
const results = join(root, 'test-results', String(self.pid));
const labName = process.env.POSTDECK_LAB_NAME || `t${self.pid.toString(36)}`;
const joinsRunningLab = linux && running(labName) !== undefined;

const env = { ...process.env };
// Nothing of the caller's own: no agent with other keys, no settings or data of an installed Postdeck.
for (const name of ['SSH_AUTH_SOCK', 'NODE_OPTIONS', 'POSTDECK_TEST_NODE', 'VITEST', 'FORCE_COLOR']) delete env[name];
Object.assign(env, {
  [MARK]: mark,
  PATH: `${dirname(process.execPath)}${delimiter}${join(root, 'node_modules', '.bin')}${delimiter}${env.PATH}`,
  POSTDECK_LAB_NAME: labName,
  POSTDECK_LAB_OWNER: `${self.pid}:${self.start}`,
  TMPDIR: scratch,
  XDG_CONFIG_HOME: join(scratch, 'config'),
  XDG_DATA_HOME: join(scratch, 'data'),
  XDG_STATE_HOME: join(scratch, 'state'),
  NO_COLOR: '1',
  POSTDECK_TEST_RESULTS: results,
});
if (linux) env.POSTDECK_LAB_STATE = stateDir();
process.env[MARK] = mark; // for what the lab modules start from in here

const groups = new Set();
const tests = []; // { stage, state, name, file, ms, detail }
/** The signal that ends this run early, if any. */
const ending = { by: '' };
const stop = new AbortController();

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const say = (line) => console.log(line);

/** Runs a stage's command in a process group of its own; what it prints goes to a file under test-results. */
function command(name, argv, more = {}) {
  return new Promise((resolve) => {
    const log = join(results, `${name}.log`);
    const out = fs.openSync(log, 'w');
    const child = spawn(process.execPath, argv, {
      cwd: root,
      detached: true,
      stdio: ['ignore', out, out],
      env: { ...env, ...more },
    });
    fs.closeSync(out);
    groups.add(child.pid);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      signalGroup(child.pid, 'SIGKILL');
    }, STAGE_LIMIT);
    child.on('error', (error) => fs.appendFileSync(log, String(error)));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      let output = fs.readFileSync(log, 'utf8');
      if (late) output += `\nended: not finished after ${STAGE_LIMIT / MINUTE} minutes`;
      resolve({ code: signal || late ? 1 : status, output });
    });
  });
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // all of it is gone
  }
}

/** What node_modules/.bin/X points at: all of them are scripts, run by the Node chosen here and not by `env node`. */
const script = (name) => fs.realpathSync(join(root, 'node_modules', '.bin', name));

// --- runners --------------------------------------------------------------------------------------------------------

async function runStatic(stage) {
  const [name, ...args] = stage.argv;
  const { code, output } = await command(stage.name, [script(name), ...args]);
  const state = code === 0 ? 'passed' : 'failed';
  return [{ state, name: stage.argv.join(' '), file: '', detail: code === 0 ? undefined : tail(output, 120) }];
}

async function runVitest(stage) {
  const report = join(results, `${stage.name}.jsonl`);
  fs.rmSync(report, { force: true });
  const args = ['run', '--project', stage.name, '--reporter', './tests/reporter.ts', '--reporter', 'default'];
  const { code, output } = await command(stage.name, [script('vitest'), ...args], {
    POSTDECK_TEST_REPORT: report,
  });
  const lines = fs.existsSync(report) ? fs.readFileSync(report, 'utf8').split('\n').filter(Boolean) : [];
  const found = lines.map((line) => JSON.parse(line));
  if (code !== 0 && !found.some((test) => test.state === 'failed')) {
    found.push({ state: 'failed', name: '(the runner)', file: '', detail: tail(output) });
  }
  return found;
}

async function runPlaywright(stage) {
  const config = join('tests', stage.name, 'playwright.config.ts');
  const why = chromiumProblem();
  const report = join(results, `${stage.name}.json`);
  fs.rmSync(report, { force: true });
  const args = ['test', '--config', config, ...(why ? ['--list'] : [])];
  const more = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const { code, output } = await command(stage.name, [script('playwright'), ...args], more);
  const found = [];
  if (fs.existsSync(report)) {
    const { suites = [], errors = [] } = JSON.parse(fs.readFileSync(report, 'utf8'));
    for (const suite of suites) collect(suite, [], found, why);
    for (const error of errors)
      found.push({
        state: 'failed',
        name: '(file)',
        file: error.location?.file ?? '',
        detail: error.message ?? String(error.value),
      });
  }
  if (code !== 0 && !found.some((test) => test.state === 'failed')) {
    found.push({ state: 'failed', name: '(the runner)', file: '', detail: tail(output) });
  }
  return found;
}

function collect(suite, path, found, why) {
  for (const inner of suite.suites ?? []) collect(inner, [...path, inner.title], found, why);
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      const name = [...path, spec.title].join(' > ');
      const file = `tests/e2e/${spec.file}`;
      const ms = test.results.reduce((sum, result) => sum + result.duration, 0);
      const note = test.annotations.find((a) => a.type === 'skip' || a.type === 'fixme')?.description;
      const errors = test.results.flatMap((result) =>
        result.errors.map((error) => error.stack ?? error.message ?? String(error.value)),
      );
      const second = test.status === 'flaky';
      const state =
        why || test.status === 'skipped' ? 'skipped' : second || test.status === 'expected' ? 'passed' : 'failed';
      found.push({
        state,
        second,
        name,
        file,
        ms,
        detail: state === 'skipped' ? why || note || 'no reason given' : plain(errors.join('\n')),
      });
    }
  }
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const plain = (text) => text.replace(/\u001b\[[0-9;]*m/g, '');
const tail = (output, lines = 40) => plain(output).trim().split('\n').slice(-lines).join('\n');

function chromiumProblem() {
  if (['/usr/bin/chromium', '/usr/bin/chromium-browser'].some((file) => fs.existsSync(file))) return undefined;
  return 'no Chromium in /usr/bin, and no right to install it (root on Debian)';
}

// --- what tests stand on --------------------------------------------------------------------------------------------

/** Chromium and the lab, prepared while the static stages run. Never rejects: a problem becomes a failed test. */
async function prepare() {
  const wanted = stages.filter(hasTests);
  const isRoot = process.getuid?.() === 0;
  try {
    if (
      wanted.some((stage) => stage.kind === 'playwright' || stage.chromium) &&
      chromiumProblem() &&
      isRoot &&
      has('apt-get')
    ) {
      await aptInstall(['chromium'], (line) => say(`        ${line}`));
    }
  } catch (error) {
    problem('chromium', error);
  }
  const available = labAvailable();
  if (!available.ok || !wanted.some((stage) => stage.lab)) return;
  const started = performance.now();
  try {
    await up({
      name: labName,
      signal: stop.signal,
      owner: joinsRunningLab ? undefined : self,
      say: (line) => say(`        lab: ${line}`),
    });
    say(`        lab: "${labName}" is up, ${seconds(started)}`);
  } catch (error) {
    env.POSTDECK_LAB_FAILED = String(error.message).split('\n')[0];
    if (!ending.by) problem('the lab', error);
  }
}

function problem(what, error) {
  tests.push({ stage: 'prepare', state: 'failed', name: what, file: '', detail: String(error?.message ?? error) });
}

/** Ends what runs of this checkout left that were killed before they could: their runner is gone, by pid and start. */
async function removeLeftovers() {
  if (!linux) return;
  const left = allPids().filter((pid) => {
    const value = envOf(pid)[MARK];
    if (value === undefined || !value.startsWith(`${root}:`)) return false;
    const [owner, start] = value
      .slice(root.length + 1)
      .split(':')
      .map(Number);
    return !isAlive({ pid: owner, start });
  });
  const procs = left.map(procOf).filter(Boolean);
  if (procs.length > 0) say(`        ending ${procs.length} processes of a test run that was killed`);
  await end(procs);
  if (process.getuid?.() === 0) await removeOrphans((line) => say(`        ${line}`));
  removeLeftScratch();
}

/** Ends this run's labs and reports every process, namespace or interface that is still there after that. */
async function cleanUp() {
  for (const pid of groups) signalGroup(pid, 'SIGTERM');
  const ours = () =>
    allPids().filter((pid) => {
      const stat = statOf(pid);
      return pid !== process.pid && stat && stat.state !== 'Z' && (groups.has(stat.pgrp) || envOf(pid)[MARK] === mark);
    });
  if (linux) {
    try {
      await until(() => ours().length === 0, 'processes to end', 5000);
    } catch {
      for (const pid of ours()) problem('a process was left behind', `${pid}: ${argvOf(pid).join(' ').slice(0, 300)}`);
      await end(ours().map(procOf).filter(Boolean));
    }
    if (process.getuid?.() === 0) {
      for (const name of knownInstances()) {
        const owner = readRecord(name)?.owner;
        if (owner?.pid !== self.pid || owner.start !== self.start) continue;
        await down(name).catch((error) => problem(`lab "${name}" down`, error));
        for (const what of await remains(name)) problem(`lab "${name}" left something behind`, what);
      }
    }
  }
  removeScratch(scratch);
}

// --- go -------------------------------------------------------------------------------------------------------------

const started = performance.now();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (ending.by) process.exit(1); // asked twice: at once
    ending.by = signal;
    stop.abort();
    say(`\n${signal}: stopping`);
    for (const pid of groups) signalGroup(pid, 'SIGTERM');
  });
}

for (const old of fs.existsSync(dirname(results)) ? fs.readdirSync(dirname(results)) : []) {
  if (!linux || procOf(Number(old) || 0) === undefined)
    fs.rmSync(join(dirname(results), old), { recursive: true, force: true });
}
fs.mkdirSync(results, { recursive: true });
say(
  `Node ${process.version}; stages: ${stages.map((stage) => stage.name).join(' ')}; output in ${relative(process.cwd(), results) || '.'}`,
);
await removeLeftovers().catch((error) => problem('removing what an earlier run left', error));
const prepared = prepare();

for (const stage of stages) {
  if (ending.by) break;
  const label = stage.name.padEnd(8);
  if (!hasTests(stage)) {
    say(`${label}absent: no tests in tests/${stage.name}`);
    continue;
  }
  if (stage.lab || stage.chromium) await prepared;
  if (ending.by) break;
  const at = performance.now();
  const buildFailed = stage.build && tests.some((test) => test.stage === 'build' && test.state === 'failed');
  const run = { static: runStatic, vitest: runVitest, playwright: runPlaywright }[stage.kind];
  const found = buildFailed
    ? [{ state: 'failed', name: '(stage)', file: '', detail: 'not run: the build failed' }]
    : await run(stage);
  if (ending.by) break;
  tests.push(...found.map((test) => ({ stage: stage.name, ...test })));
  const n = (state) => found.filter((test) => test.state === state).length;
  const counts = ['passed', 'failed', 'skipped'].filter((state) => n(state) > 0).map((state) => `${n(state)} ${state}`);
  const verdict = n('failed') > 0 ? 'FAILED' : n('passed') > 0 ? 'ok' : 'skipped';
  say(`${label}${verdict.padEnd(8)}${(counts.join(', ') || 'no tests').padEnd(32)}${seconds(at)}`);
}
await prepared;
await cleanUp();

const of = (state) => tests.filter((test) => test.state === state);
const title = (test) => [test.stage, test.file, test.name].filter(Boolean).join(' | ');
if (of('skipped').length > 0) {
  say('\nSkipped:');
  for (const test of of('skipped')) say(`  ${title(test)}: ${test.detail}`);
}
const second = of('passed').filter((test) => test.second);
if (second.length > 0) {
  say('\nPassed at the second try only (counted as passed):');
  for (const test of second) say(`\n  ${title(test)}\n${String(test.detail ?? '').replace(/^/gm, '    ')}`);
}
if (of('failed').length > 0) {
  say('\nFailed:');
  for (const test of of('failed')) say(`\n  ${title(test)}\n${String(test.detail ?? '').replace(/^/gm, '    ')}`);
}
fs.writeFileSync(join(results, 'summary.json'), JSON.stringify({ stoppedBy: ending.by, tests }, null, 1));
if (ending.by) say(`\nstopped by ${ending.by}: what follows is what had finished`);
say(`\n${seconds(started)}`);
say(`${of('passed').length} passed, ${of('failed').length} failed, ${of('skipped').length} skipped`);
process.exitCode = ending.by || of('failed').length > 0 || of('passed').length === 0 ? 1 : 0;
