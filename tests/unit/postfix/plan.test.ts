import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { archiveHeader, openArchive, readEntries } from '#drivers/postfix-dovecot/archive.ts';
import { capabilitiesOf } from '#drivers/postfix-dovecot/capabilities.ts';
import { codecFor, neededCommands, rootCommands } from '#drivers/postfix-dovecot/commands.ts';
import { USUAL_FACTS } from '#drivers/postfix-dovecot/facts.ts';
import { parsePostconf } from '#drivers/postfix-dovecot/parse/postconf.ts';
import { componentsOf, parseSurvey } from '#drivers/postfix-dovecot/probe.ts';
import { idTime, isLongId, queuePath } from '#drivers/postfix-dovecot/queue-path.ts';
import * as scripts from '#drivers/postfix-dovecot/scripts.ts';
import { sudoersLines } from '#drivers/postfix-dovecot/sudoers.ts';
import { whatHappensTwice } from '#drivers/postfix-dovecot/twice.ts';
import { text } from '#shared/model/text.ts';

const allowed = { refused: new Map(), listing: null, flushing: null };

describe('places of queue files', () => {
  const facts = { hashedQueues: ['deferred', 'defer'], hashDepth: 1 };

  it('hashes short ids by their first characters, and long ones by their microsecond', () => {
    expect(queuePath(facts, 'deferred', '7595318E2F')).toBe('deferred/7/7595318E2F');
    expect(queuePath(facts, 'hold', '7595318E2F')).toBe('hold/7595318E2F');
    expect(queuePath({ ...facts, hashDepth: 2 }, 'deferred', '7595318E2F')).toBe('deferred/7/5/7595318E2F');
    // where Postfix 3.7 itself placed messages with hash_queue_depth = 2
    for (const path of ['8/1/4jXbCn3mkNz5JHH', '7/D/4jXbCn3fqBz5JHF', '7/8/4jXbCn3W1qz5JHC']) {
      expect(queuePath({ ...facts, hashDepth: 2 }, 'deferred', path.slice(4))).toBe(`deferred/${path}`);
    }
  });

  it('tells long ids from short ones', () => {
    expect(isLongId('4jXW7T6Q8pzDdT')).toBe(true);
    expect(isLongId('7595318E2F')).toBe(false);
    expect(idTime('7595318E2F')).toBe('75953');
    expect(idTime('4jXW7T6Q8pzDdT')).toBe('4jXW7T6Q8pzDdT');
  });
});

describe('commands that run as root', () => {
  it('never carry ids or addresses as arguments: each sudoers line allows one thing', () => {
    for (const { name, rooted } of neededCommands(USUAL_FACTS)) {
      expect(rooted.argv[0]).toMatch(/^\//);
      // Without the names of all files nothing is missing, it takes longer.
      if (name !== 'names') expect(rooted.serves.length).toBeGreaterThan(0);
    }
    const lines = sudoersLines(
      USUAL_FACTS,
      { user: 'ops', privilege: 'sudo' },
      {
        refused: new Map(neededCommands(USUAL_FACTS).map(({ name }) => [name, text({ id: 'x', message: 'x' })])),
      },
    );
    const commands = lines.filter((line) => !line.startsWith('# Postdeck: '));
    expect(commands).toHaveLength(neededCommands(USUAL_FACTS).length);
    expect(lines).toHaveLength(commands.length + 4);
    expect(lines).toContain('ops ALL=(root) NOPASSWD: /usr/sbin/postsuper -d - hold');
    for (const line of lines) expect(line).not.toMatch(/(?<!\\)[*?[]/); // no wildcard
    expect(sudoersLines(USUAL_FACTS, { user: 'root', privilege: 'root' }, allowed)).toEqual([]);
  });

  it('are scripts of one line without backslashes, guarded against being cut', () => {
    for (const source of Object.values(scripts)) expect(source).not.toMatch(/[\\\n]/);
    for (const [name, { argv }] of Object.entries(rootCommands(USUAL_FACTS))) {
      if (argv[1] !== '-c') continue;
      expect([name, argv[2]]).toEqual([
        name,
        expect.stringMatching(new RegExp(`^test "\\$0" = ${argv[3]} \\|\\| exit 64; `)),
      ]);
    }
  });

  it('stand in the closed list alone: nothing else in the driver runs as root', () => {
    const room = new URL('../../../electron/drivers/postfix-dovecot/', import.meta.url);
    const asRoot = readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && /\broot: true\b/.test(readFileSync(new URL(name, room), 'utf8')))
      .sort();
    // what these run or describe is an entry of rootCommands(), or a script given to rootScript()
    expect(asRoot).toEqual([
      'act.ts',
      'context.ts',
      'copy-out.ts',
      'preview.ts',
      'privileges.ts',
      'restore.ts',
      'root-script.ts',
    ]);
  });

  it('compress with what both sides have', () => {
    const { paths } = USUAL_FACTS;
    expect(codecFor(USUAL_FACTS, { zstd: true })).toBe('zstd');
    expect(codecFor({ ...USUAL_FACTS, paths: { ...paths, gzip: '/bin/gzip' } }, { zstd: false })).toBe('gzip');
    expect(codecFor({ ...USUAL_FACTS, paths: {} }, { zstd: true })).toBe('none');
  });
});

describe('capabilities', () => {
  it('say why they are missing: an old Postfix, tools that are not GNU', () => {
    const machine = { user: 'root', privilege: 'root' as const };
    const old = capabilitiesOf({ ...USUAL_FACTS, version: '3.4.14' }, machine, allowed);
    expect(old.filter((c) => !c.available)).toEqual([
      expect.objectContaining({
        id: 'queue.bounce',
        why: expect.objectContaining({ values: { version: '3.4.14', since: '3.5' } }),
      }),
    ]);
    const bsd = capabilitiesOf({ ...USUAL_FACTS, gnu: { grep: false, find: true, tar: true } }, machine, allowed);
    expect(bsd.filter((c) => !c.available).map((c) => c.id)).toEqual([
      'queue.show',
      'queue.logins',
      'queue.copies',
      'queue.restore',
    ]);
  });
});

describe('what happens twice', () => {
  it('is read from main.cf and from services that override it', () => {
    const main = parsePostconf('always_bcc = archive@alpha.test\ncontent_filter = scan:[::1]:10025\nheader_checks =\n');
    const ids = (services: string) => whatHappensTwice(main, parsePostconf(services)).map((t) => t.id);
    expect(ids('')).toEqual(['postfix.twice.received', 'postfix.twice.bcc', 'postfix.twice.filter']);
    expect(ids('cleanup/unix/always_bcc =\npickup/unix/content_filter =\nsmtp/inet/header_checks = x\n')).toEqual([
      'postfix.twice.received',
    ]);
  });
});

describe('the survey of a machine', () => {
  it('says stopped only where it could see what runs', () => {
    const facts = { ...USUAL_FACTS, version: '3.7.11', paths: { ...USUAL_FACTS.paths, dovecot: '/usr/sbin/dovecot' } };
    const survey = (processes: string) =>
      componentsOf(
        facts,
        parseSurvey(`=== processes\n${processes}=== Dovecot\n2.3.19.1 (9b53102964)\n=== services\n`),
        new Map(),
      );
    expect(survey('master\nsshd\n').map((c) => [c.name, c.state])).toEqual([
      ['Postfix', 'running'],
      ['Dovecot', 'stopped'],
    ]);
    expect(survey('ps\n').map((c) => c.state)).toEqual(['unknown', 'unknown']); // hidepid
  });

  it('sees postscreen in front of smtpd', () => {
    const services = 'smtp       inet  n       -       y       -       1       postscreen\n';
    const found = componentsOf(USUAL_FACTS, parseSurvey(`=== processes\nmaster\n=== services\n${services}`), new Map());
    expect(found.map((c) => c.name)).toContain('postscreen');
  });
});

describe('an archive of queue files', () => {
  const record = (type: string, data: string) =>
    Buffer.concat([Buffer.from([type.charCodeAt(0), data.length]), Buffer.from(data)]);
  const file = Buffer.concat([
    record('C', '            10 '),
    record('T', '100 5'),
    record('S', 'a@b'),
    record('M', ''),
    Buffer.alloc(5000, 'x'),
  ]);
  const target = {
    id: 'ABCDE123',
    arrivalTime: new Date(100_000).toISOString(),
    sender: 'a@b',
    queue: 'hold' as const,
    size: 10,
  };

  async function made(...names: string[]): Promise<Buffer> {
    const tar = pack();
    for (const name of names) tar.entry({ name }, file);
    tar.finalize();
    return Buffer.from(zlib.gzipSync(Buffer.concat(await Readable.from(tar).toArray())));
  }

  it('gives back every byte of each file, and knows its message', async () => {
    const { codec, plain } = await openArchive(
      Readable.from([archiveHeader('gzip'), await made('A/B/ABCDE123', 'FFFFF1')]),
    );
    expect(codec).toBe('gzip');
    const seen = [];
    for await (const entry of readEntries(plain)) {
      const content = [];
      for await (const chunk of entry.content) content.push(chunk);
      seen.push([
        entry.id,
        Buffer.concat(content).equals(file),
        entry.is(target),
        entry.is({ ...target, sender: 'b@b' }),
      ]);
    }
    expect(seen).toEqual([
      ['ABCDE123', true, true, false],
      ['FFFFF1', true, false, false],
    ]);
  });

  it('passes over files nobody reads', async () => {
    const { plain } = await openArchive(
      Readable.from([Buffer.concat([archiveHeader('gzip'), await made('ABCDE123', 'FFFFF1')])]),
    );
    const ids = [];
    for await (const entry of readEntries(plain)) ids.push(entry.id);
    expect(ids).toEqual(['ABCDE123', 'FFFFF1']);
  });

  it('is refused when it is none, and breaks when it is cut', async () => {
    await expect(openArchive(Readable.from([Buffer.from('PK\x03\x04')]))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(openArchive(Readable.from([]))).rejects.toMatchObject({ code: 'BAD_INPUT' });
    const { plain } = await openArchive(
      Readable.from([archiveHeader('gzip'), (await made('ABCDE123')).subarray(0, -20)]),
    );
    const reading = async () => {
      for await (const _ of readEntries(plain)) continue;
    };
    await expect(reading()).rejects.toBeInstanceOf(Error);
  });
});
