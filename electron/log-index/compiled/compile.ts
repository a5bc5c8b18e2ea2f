/**
 * Compiles the inner loops of an ingest to WebAssembly: V8 runs the same code at less than half the speed as JavaScript,
 * where it looks at the bounds of an array at each access, and it compiles it anew in each thread. The sources are the
 * very TypeScript that runs without it, as far as AssemblyScript takes it: numbers are 32-bit integers, and there are
 * classes, but no closures, tuples or objects without a class.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { main } from 'assemblyscript/asc';
import { COMPILED, DIALECTS } from '../dialects/index.ts';
import {
  FLAG,
  LOGIN_COLUMNS,
  MESSAGE_COLUMNS,
  NODE,
  NODE_COLUMNS,
  PROCESS,
  PROCESS_COLUMNS,
  RECIPIENT_COLUMNS,
  RECIPIENT_FLAG,
  REJECT_COLUMNS,
  ROLE,
  SESSION_COLUMNS,
  SESSION_FLAG,
} from '../index/tables.ts';
import { LIMITS } from '../limits.ts';
import { ACTION, CLOCK, ENGINE, HEADER_WORDS, KIND, NO_SCORE, PROTOCOL, STATUS, TLS } from '../scan/records.ts';
import { builtFile, ownFile } from './program.ts';
import { PROGRAMS, type Program, SCANNER } from './programs.ts';

/** This room's folder. */
const ROOM = join(import.meta.dirname, '..');
/** Names that all sources may use from `machine.as`. */
const MACHINE = 'scan/machine.ts';
const MACHINE_TYPES = ['Bytes', 'View', 'Words', 'Whole', 'Block', 'Literal'];
const RECORDS = { KIND, ACTION, STATUS, CLOCK, ENGINE, PROTOCOL, TLS };
/** In the order of their numbers. */
export const TABLES = {
  nodes: NODE_COLUMNS,
  messages: MESSAGE_COLUMNS,
  recipients: RECIPIENT_COLUMNS,
  rejects: REJECT_COLUMNS,
  logins: LOGIN_COLUMNS,
  sessions: SESSION_COLUMNS,
  processes: PROCESS_COLUMNS,
};

/** A program as bytes. Takes some seconds. `room`: where `log-index` is, for whoever runs a bundled copy of this. */
export async function compile(program: Program, room = ROOM): Promise<Uint8Array<ArrayBuffer>> {
  const source = (path: string): string => readFileSync(join(room, path), 'utf8');
  const files: Record<string, string> = {
    [program.entry[0]]: source(program.entry[1]),
    'scan/records.ts': records(),
    'limits.ts': constants('LIMITS', LIMITS),
    'index/tables.ts': tables(),
    'index/table.ts': `import { touchBytes, Words } from '../${MACHINE.replace('.ts', '')}';
export { AHEAD } from '../${MACHINE.replace('.ts', '')}';
export function addRow<T>(table: T): i32 {
  if (table.n >= table.ready) table.prepare();
  return table.n++;
}
export function touch(words: Words, from: i32, to: i32): void {
  touchBytes(changetype<usize>(words), from << 2, to << 2);
}
`,
  };
  if (program === SCANNER) files['dialects/compiled.ts'] = dialects(program, source);
  for (const [path, form] of Object.entries(program.forms)) files[path] = source(form);
  for (const path of program.sources) files[path] = assembly(path, source(path));
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const argv = [program.entry[0], '--outFile', program.file, '-O3', '--converge', '--runtime', 'stub'];
  let said = '';
  const { error } = await main([...argv, '--enable', 'simd', ...program.options, '--use', 'abort='], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === program.file) wasm = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
    stderr: {
      write: (chunk) => {
        said += String(chunk);
      },
    },
  });
  if (error !== null || wasm === undefined) {
    throw new Error(`${program.file} does not compile: ${error?.message ?? 'nothing was written'}\n${said}`);
  }
  return wasm;
}

/** Builds the programs that are not there or older than what they are made from. */
export async function ensurePrograms(): Promise<void> {
  for (const program of PROGRAMS) {
    if (builtFile(program) !== undefined) continue;
    mkdirSync(dirname(ownFile(program)), { recursive: true });
    writeFileSync(ownFile(program), await compile(program));
  }
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
  const tables = Object.entries(RECORDS).map(([name, table]) => constants(name, table));
  return `${tables.join('')}export const HEADER_WORDS: i32 = ${HEADER_WORDS};\nexport const NO_SCORE: i32 = ${NO_SCORE};\n`;
}

/** The tables as classes whose columns are addresses, with the constants of their values. */
function tables(): string {
  const flags = { NODE, FLAG, SESSION_FLAG, RECIPIENT_FLAG, PROCESS, ROLE };
  const types = new Map<unknown, readonly [string, number]>([
    [Uint8Array, ['Block', 1]],
    [Uint16Array, ['Halves', 2]],
    [Uint32Array, ['Words', 4]],
    [Int32Array, ['Words', 4]],
  ]);
  const classes = Object.entries(TABLES).map(([table, spec]) => {
    const columns = Object.entries(spec).map(([name, type]) => {
      const [column, bytes] = types.get(type) ?? [];
      if (column === undefined) throw new Error(`a column of ${table} has no form: ${name}`);
      return { name, column, bytes };
    });
    return `@unmanaged @final
export class ${className(table)} {
  n: i32;
  capacity: i32;
  ready: i32;
${columns.map(({ name, column }) => `  ${name}: ${column};\n`).join('')}
  prepare(): void {
    const n = this.n;
    if (n >= this.capacity) {
      this.capacity *= 2;
${columns.map(({ name, column, bytes }) => `      this.${name} = grown<${column}>(this.${name}, n, this.capacity, ${bytes});\n`).join('')}    }
    this.ready = min(this.capacity, n + AHEAD);
${columns.map(({ name, bytes }) => `    touchBytes(changetype<usize>(this.${name}), n * ${bytes}, this.ready * ${bytes});\n`).join('')}  }
}
`;
  });
  const names = Object.keys(TABLES).filter((name) => name !== 'processes');
  return `import { AHEAD, Block, grown, Halves, touchBytes, Words } from '../${MACHINE.replace('.ts', '')}';
${Object.entries(flags)
  .map(([name, table]) => constants(name, table))
  .join('')}${classes.join('')}export class Tables {
${names.map((name) => `  ${name}: ${className(name)} = changetype<${className(name)}>(heap.alloc(offsetof<${className(name)}>()));\n`).join('')}
  at(number: i32): i32 {
    switch (number) {
${names.map((name, i) => `      case ${i}: return <i32>changetype<usize>(this.${name});\n`).join('')}      default: return 0;
    }
  }
}
`;
}

function className(table: string): string {
  return `${table[0]?.toUpperCase()}${table.slice(1)}`;
}

/** Calls the compiled dialects by the numbers that JavaScript gives them. */
function dialects(program: Program, source: (path: string) => string): string {
  const imports: string[] = [];
  const cases: string[] = [];
  for (const dialect of COMPILED) {
    const { name } = dialect.parse;
    const path = program.sources.find((file) => new RegExp(`^export function ${name}\\(`, 'm').test(source(file)));
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
  const machine = path.startsWith('scan/') ? './machine' : `../${MACHINE.replace('.ts', '')}`;
  const text = script
    // the samples, and types of their own
    .replaceAll(/^export const \w+: Dialect = \{\n[\s\S]*?\n\};\n/gm, '')
    .replaceAll(/^import type \{ Dialect \}.*\n/gm, '')
    .replaceAll(/^import type /gm, 'import ')
    .replaceAll(/([{,] )type (\w)/g, '$1$2')
    .replaceAll(/from '(\.[^']*)\.ts'/g, "from '$1'")
    .replaceAll(/^( *)([^\n;]+?) \|\|= ([^\n;]+);/gm, '$1if ($2 == 0) $2 = $3;')
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
      table in RECORDS ? `${table}.${plain(key)}` : all,
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
