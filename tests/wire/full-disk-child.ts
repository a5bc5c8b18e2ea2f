/** Opens the store on a full disk, then makes room. Argument: the folder that is a small disk of its own. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readSettings, writeSettings } from '#core/store/settings-rows.ts';
import { openStore } from '#core/store/store.ts';
import { failureOf } from '#shared/model/failure-of.ts';

const [dir = ''] = process.argv.slice(2);
const data = join(dir, 'data');
const fill = join(dir, 'fill');
const say = (word: string): void => void process.stdout.write(`${word}\n`);

const first = openStore(data);
writeSettings(first, { theme: 'dark' });
first.close();
for (const size of [1 << 20, 4096]) {
  try {
    for (;;) writeFileSync(fill, Buffer.alloc(size), { flag: 'a' });
  } catch {
    // full, to pieces of this size
  }
}

const store = openStore(data, 50);
if (readSettings(store)['theme'] === 'dark') say('read');
try {
  writeSettings(store, { theme: 'light' });
} catch (error) {
  say(failureOf(error).code);
}
const other = new Database(join(data, 'postdeck.sqlite'), { timeout: 0 });
const tryOther = (): boolean => {
  try {
    writeSettings(other, { keepCopiesDays: 7 });
    return true;
  } catch {
    return false;
  }
};
if (!tryOther()) say('alone');
rmSync(fill);
const timer = setInterval(() => {
  if (!tryOther()) return;
  clearInterval(timer);
  say('shared');
  writeSettings(store, { theme: 'light' });
  const kept = readSettings(other);
  if (kept['theme'] === 'light' && kept['keepCopiesDays'] === 7) say('written by both');
  store.close();
  other.close();
}, 50);
