/**
 * Frames of the page while a log of a million rows is scrolled, in Chromium on the built page: run after a build with
 * `node tests/bench/scroll.ts [ROWS]`. It prints a table; nothing is asserted, since a busy machine draws fewer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CDPSession, chromium, type Page } from 'playwright';

const HOST = new URL('../../out/main/web.js', import.meta.url).pathname;
const CHROMIUM = '/usr/bin/chromium';
const STEPS = 180;

interface Frames {
  way: string;
  perSecond: number;
  /** Milliseconds between two frames. */
  p50: number;
  p95: number;
  longest: number;
  /** Of all frames, those that came later than two of 60 Hz. */
  late: number;
  /** Frames whose rows were all grey still. */
  grey: number;
  /** Milliseconds of a frame spent in script, style and layout; the rest is painting. */
  script: number;
  layout: number;
}

/** One refusal a line: a trace of its own, so that rows and lines are as many. */
async function writeLog(path: string, rows: number): Promise<void> {
  const out = createWriteStream(path);
  const start = Date.UTC(2026, 10, 1);
  for (let row = 0; row < rows; row += 1) {
    const time = new Date(start + row * 1000).toISOString().replace('Z', '+00:00');
    const ip = `198.51.${(row >> 8) & 255}.${row & 255}`;
    const line = `${time} mx1 postfix/smtpd[${1000 + (row % 30_000)}]: NOQUEUE: reject: RCPT from unknown[${ip}]: 554 5.7.1 <u${row}@example.org>: Relay access denied; from=<s${row % 5000}@example.net> to=<u${row}@example.org> proto=ESMTP helo=<h${row % 99}>\n`;
    if (!out.write(line)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

/** Counts frames while `move` runs once per frame on the page. */
async function count(page: Page, way: string, kind: 'wheel' | 'drag' | 'keys' | 'still'): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await page.evaluate(() => {
    const times: number[] = [];
    const state = { times, grey: 0, on: true };
    const tick = (now: number): void => {
      times.push(now);
      const rows = document.querySelectorAll('[role="row"][data-index]').length;
      const told = document.querySelectorAll('[role="row"][data-index] .pd-num').length;
      if (rows > 0 && told === 0) state.grey += 1;
      if (state.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    (globalThis as unknown as { frames: typeof state }).frames = state;
  });
  const before = await metrics(session);
  if (kind === 'wheel') {
    for (let step = 0; step < STEPS; step += 1) await page.mouse.wheel(0, 360);
  } else if (kind === 'keys') {
    for (let step = 0; step < STEPS; step += 1) await page.keyboard.press('PageDown');
  } else {
    await page.evaluate(
      async ([steps, drag]) => {
        const grid = document.querySelector('[role="grid"]');
        for (let step = 0; step < steps; step += 1) {
          if (drag && grid !== null) grid.scrollTop = ((step % 90) / 90) * (grid.scrollHeight - grid.clientHeight);
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
      },
      [STEPS, kind === 'drag'] as const,
    );
  }
  const { times, grey } = await page.evaluate(() => {
    const { frames } = globalThis as unknown as { frames: { times: number[]; grey: number; on: boolean } };
    frames.on = false;
    return frames;
  });
  const after = await metrics(session);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    way,
    perSecond: (1000 * gaps.length) / ((times.at(-1) ?? 0) - (times[0] ?? 0)),
    p50: at(0.5),
    p95: at(0.95),
    longest: sorted.at(-1) ?? 0,
    late: gaps.filter((gap) => gap > 34).length / Math.max(1, gaps.length),
    grey,
    script: (1000 * (after.script - before.script)) / Math.max(1, gaps.length),
    layout: (1000 * (after.layout - before.layout)) / Math.max(1, gaps.length),
  };
}

async function metrics(session: CDPSession): Promise<{ script: number; layout: number }> {
  const { metrics: told } = await session.send('Performance.getMetrics');
  const value = (name: string) => told.find((each) => each.name === name)?.value ?? 0;
  return { script: value('ScriptDuration'), layout: value('LayoutDuration') + value('RecalcStyleDuration') };
}

export async function scrollFrames(rows: number): Promise<Frames[]> {
  const dir = mkdtempSync(join(tmpdir(), 'postdeck-bench-scroll-'));
  const log = join(dir, 'mail.log');
  await writeLog(log, rows);
  const host = spawn(process.execPath, [HOST, '--no-open', '--port', '0', '--data', join(dir, 'data')], {
    env: { ...process.env, POSTDECK_KEYRING: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const [, origin, token] = /(http:\/\/[^/]+)\/#token=(\S+)/.exec(line.toString('utf8')) ?? [];
    if (origin === undefined) throw new Error(`the web host said: ${line.toString('utf8')}`);
    const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1920, height: 1080 } });
    await page.addInitScript((value) => sessionStorage.setItem('postdeck.token', value), token ?? '');
    await page.goto(`${origin}/`);
    await page.getByRole('button', { name: /Choose files…/ }).click();
    await page.getByRole('combobox', { name: /Or a path on the computer/ }).fill(log);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Index 1 input' }).click();
    const open = page.getByRole('button', { name: 'Open', exact: true });
    await open.waitFor({ timeout: 600_000 });
    await open.click();
    await page.getByText(`${rows.toLocaleString('en-US')} found`).waitFor({ timeout: 60_000 });
    await page.getByRole('grid').hover();
    await page.getByRole('grid').focus();
    return [
      await count(page, 'nothing moves', 'still'),
      await count(page, 'wheel, 15 rows a step', 'wheel'),
      await count(page, 'a page a step, by key', 'keys'),
      await count(page, 'scroll bar dragged over all of it', 'drag'),
    ];
  } finally {
    await browser.close();
    host.kill('SIGTERM');
    await once(host, 'close');
    rmSync(dir, { recursive: true, force: true });
  }
}

const rows = Number(process.argv[2] ?? 1_000_000);
console.log(`${rows.toLocaleString('en-US')} rows, Chromium without a GPU`);
console.log(
  '| way | frames/s | p50 ms | p95 ms | longest ms | later than 34 ms | frames all grey | script ms | layout ms |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const { way, perSecond, p50, p95, longest, late, grey, script, layout } of await scrollFrames(rows)) {
  const parts = [
    perSecond.toFixed(0),
    p50.toFixed(1),
    p95.toFixed(1),
    longest.toFixed(0),
    `${(late * 100).toFixed(1)} %`,
  ];
  console.log(`| ${way} | ${parts.join(' | ')} | ${grey} | ${script.toFixed(1)} | ${layout.toFixed(1)} |`);
}
