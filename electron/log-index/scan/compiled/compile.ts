/**
 * Compiles `Usual`, what it stands on and the dialects of usual lines to WebAssembly. V8 runs the same code at less than
 * half the speed as JavaScript, where it looks at the bounds of an array at each byte, and it compiles it anew in each
 * thread. The sources are the very TypeScript that runs without it, as far as AssemblyScript takes it: numbers are
 * 32-bit integers, and there are classes, but no closures, tuples or objects without a class.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main } from 'assemblyscript/asc';
import { COMPILED, DIALECTS } from '../../dialects/index.ts';
import { LIMITS } from '../../limits.ts';
import { ACTION, CLOCK, ENGINE, HEADER_WORDS, KIND, NO_SCORE, PROTOCOL, STATUS, TLS } from '../records.ts';
import { builtProgram, isBuilt } from './program.ts';
import { SOURCES } from './sources.ts';

/** This room's folder. */
const ROOM = join(import.meta.dirname, '..', '..');
/** Files that have another form in `machine.as`, and the names that all sources may use from there. */
const MACHINE = ['scan/machine.ts', 'scan/dictionary.ts'];
const MACHINE_TYPES = ['Bytes', 'View', 'Words', 'Whole', 'Block', 'Literal'];
const TABLES = { KIND, ACTION, STATUS, CLOCK, ENGINE, PROTOCOL, TLS };

/** The program as bytes. Takes some seconds. `room`: where `log-index` is, for whoever runs a bundled copy of this. */
export async function compile(room = ROOM): Promise<Uint8Array<ArrayBuffer>> {
  const source = (path: string): string => readFileSync(join(room, path), 'utf8');
  const files: Record<string, string> = {
    'scan/entry.ts': source('scan/compiled/entry.as'),
    'scan/machine.ts': source('scan/compiled/machine.as'),
    'scan/outside.ts': source('scan/compiled/outside.as'),
    'scan/records.ts': records(),
    'limits.ts': constants('LIMITS', LIMITS),
    'dialects/compiled.ts': dialects(source),
  };
  for (const path of SOURCES) files[path] = assembly(path, source(path));
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const argv = [
    'scan/entry.ts',
    '--outFile',
    'usual.wasm',
    '-O3',
    '--converge',
    '--runtime',
    'stub',
    '--enable',
    'simd',
  ];
  let said = '';
  const { error } = await main([...argv, '--use', 'abort='], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === 'usual.wasm') wasm = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
    stderr: {
      write: (chunk) => {
        said += String(chunk);
      },
    },
  });
  if (error !== null || wasm === undefined) {
    throw new Error(`the scanner does not compile: ${error?.message ?? 'nothing was written'}\n${said}`);
  }
  return wasm;
}

/** Builds the program where it is not there or older than what it is made from. */
export async function ensureProgram(): Promise<void> {
  if (isBuilt()) return;
  mkdirSync(dirname(builtProgram()), { recursive: true });
  writeFileSync(builtProgram(), await compile());
}

/** A table of constants as a namespace; `'add header'` becomes `add_header`. Those over 32 bits are left out. */
function constants(name: string, table: Readonly<Record<string, number>>): string {
  const lines = Object.entries(table)
    .filter(([, value]) => Math.abs(value) <= 2 ** 31)
    .map(([key, value]) => `  export const ${plain(key)}: i32 = ${value};\n`);
  return `export namespace ${name} {\n${lines.join('')}}\n`;
}

function plain(key: string): string {
  return key.replaceAll(/\W/g, '_');
}

function records(): string {
  const tables = Object.entries(TABLES).map(([name, table]) => constants(name, table));
  return `${tables.join('')}export const HEADER_WORDS: i32 = ${HEADER_WORDS};\nexport const NO_SCORE: i32 = ${NO_SCORE};\n`;
}

/** Calls the compiled dialects by the numbers that JavaScript gives them. */
function dialects(source: (path: string) => string): string {
  const imports: string[] = [];
  const cases: string[] = [];
  for (const dialect of COMPILED) {
    const { name } = dialect.parse;
    const path = SOURCES.find((file) => new RegExp(`^export function ${name}\\(`, 'm').test(source(file)));
    if (path === undefined) throw new Error(`no source exports ${name}`);
    imports.push(`import { ${name} } from '../${path.replace('.ts', '')}';\n`);
    cases.push(`    case ${DIALECTS.indexOf(dialect) + 1}:\n      ${name}(s);\n      return true;\n`);
  }
  return `${imports.join('')}import { Scan } from '../scan/scan';
/** False: the dialect is not compiled. */
export function parse(number: i32, s: Scan): bool {
  switch (number) {
${cases.join('')}    default:
      return false;
  }
}
`;
}

/** A source as AssemblyScript takes it. */
function assembly(path: string, script: string): string {
  const machine = path.startsWith('scan/') ? './machine' : '../scan/machine';
  const text = script
    // the samples, and types of their own
    .replaceAll(/^export const \w+: Dialect = \{\n[\s\S]*?\n\};\n/gm, '')
    .replaceAll(/^import type \{ Dialect \}.*\n/gm, '')
    .replaceAll(/^import type /gm, 'import ')
    .replaceAll(/([{,] )type (\w)/g, '$1$2')
    .replaceAll(/from '(\.[^']*)\.ts'/g, (_, to: string) => {
      const file = join(dirname(path), `${to}.ts`).replaceAll('\\', '/');
      return `from '${MACHINE.includes(file) ? machine : to}'`;
    })
    // whole numbers, and arrays that nobody else has
    .replaceAll(/(?<=[:<] ?)number\b/g, 'i32')
    .replaceAll(': Block = new Uint8Array(', ': Block = new Block(')
    .replaceAll(/\b(?:Int32Array|Uint32Array)\b/g, 'Words')
    .replaceAll(/\bUint8Array\b/g, 'Bytes')
    .replaceAll(/\bDataView\b/g, 'View')
    .replaceAll('new Bytes(0)', 'changetype<Bytes>(0)')
    .replaceAll('new View(new ArrayBuffer(0))', 'changetype<View>(0)')
    .replaceAll(/\bMath\./g, 'Whole.')
    .replaceAll(/\b([A-Z]+)\['([^']*)'\]/g, (all, table: string, key: string) =>
      table in TABLES ? `${table}.${plain(key)}` : all,
    )
    // a field of a class says its type
    .replaceAll(
      /^( {2}(?:(?:private|readonly) )*)(\w+) = (-?\d+;|true;|false;|new (\w+)\()/gm,
      (_, before: string, name: string, value: string, made: string | undefined) =>
        `${before}${name}: ${made ?? (/^[tf]/.test(value) ? 'bool' : 'i32')} = ${value}`,
    );
  const missing = MACHINE_TYPES.filter((name) => !new RegExp(`^import .*\\b${name}\\b`, 'm').test(text));
  return `import { ${missing.join(', ')} } from '${machine}';\n${text}`;
}
