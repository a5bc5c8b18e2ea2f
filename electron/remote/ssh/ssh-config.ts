import { readdir, readFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type Directive, type Line, parse, type Section, SSHConfig } from 'ssh-config';
import { Failure } from '#shared/model/failure.ts';
import { SshConfigHost, SshHop, SshSettings } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import { LIMITS } from '../limits.ts';
import { matchesPattern } from './known-hosts.ts';

/** Marks hosts to which a `Match exec` block would apply if its command succeeded. */
const EXEC_MARK = 'PostdeckMatchExec';

type Options = Record<string, string | string[]>;

/**
 * Hosts of an ssh_config(5) file, as servers to offer. Nothing in the file is run and no name is looked up: the library
 * would run `Match exec` through a shell and call nslookup for CanonicalizeHostname, so both are taken out first.
 *
 * @param file The file; null: `config` in sshDir, and no hosts when there is none.
 * @param sshDir The user's OpenSSH folder, where relative Include paths begin.
 */
export async function sshConfigHosts(file: string | null, sshDir: string): Promise<SshConfigHost[]> {
  const reader = new Reader(sshDir);
  const path = expandHome(file ?? join(sshDir, 'config'));
  const content = await reader.read(path);
  if (content === null) {
    if (file === null) return [];
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'ssh-config.none', message: 'There is no file {file}' }, { file: path }),
    );
  }
  const config = await reader.harmless(content, 0);
  const aliases = namesIn(config).slice(0, LIMITS.SSH_CONFIG_HOSTS);
  return aliases.map((alias) => toHost(config, alias));
}

class Reader {
  readonly #sshDir: string;
  #files = 0;
  #bytes = 0;

  constructor(sshDir: string) {
    this.#sshDir = sshDir;
  }

  async read(path: string): Promise<string | null> {
    this.#files += 1;
    try {
      const content = await readFile(path, 'utf8');
      this.#bytes += content.length;
      if (this.#bytes > LIMITS.SSH_CONFIG_BYTES || this.#files > LIMITS.SSH_CONFIG_FILES) throw tooLarge(path);
      return content;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return null;
      throw error;
    }
  }

  /** Parses, puts included files in place, and takes out whatever would run something when computed. */
  async harmless(content: string, depth: number): Promise<SSHConfig> {
    const config = parse(content);
    const kept = await this.#lines(config, depth);
    config.splice(0, config.length, ...kept);
    return config;
  }

  async #lines(lines: Iterable<Line>, depth: number): Promise<Line[]> {
    const kept: Line[] = [];
    for (const line of lines) {
      if (!isDirective(line)) continue;
      const param = line.param.toLowerCase();
      if (param.startsWith('canonical')) continue;
      if (param === 'include') {
        kept.push(...(await this.#include(words(line.value), depth)));
      } else if (isSection(line)) {
        if (param === 'match' && /exec/i.test(JSON.stringify([line.value, criteriaOf(line)]))) disarm(line);
        const inner = await this.#lines(line.config, depth);
        // An Include inside a block may bring blocks of its own: those stand after it, as if included at its end.
        const own = inner.filter((one) => !(isDirective(one) && isSection(one)));
        const blocks = inner.filter((one) => isDirective(one) && isSection(one));
        line.config.splice(0, line.config.length, ...own);
        kept.push(line, ...blocks);
      } else kept.push(line);
    }
    return kept;
  }

  async #include(patterns: readonly string[], depth: number): Promise<Line[]> {
    // OpenSSH stops at 16 as well (READCONF_MAX_DEPTH): a file that includes itself.
    if (depth >= 16) return [];
    const lines: Line[] = [];
    for (const pattern of patterns) {
      for (const path of await this.#matching(pattern)) {
        const content = await this.read(path);
        if (content !== null) lines.push(...(await this.harmless(content, depth + 1)));
      }
    }
    return lines;
  }

  /** Files of an Include pattern; wildcards in the last part of the path, which is where they are used. */
  async #matching(pattern: string): Promise<string[]> {
    const expanded = expandHome(pattern);
    const path = isAbsolute(expanded) ? expanded : join(this.#sshDir, expanded);
    const last = path.slice(dirname(path).length + 1);
    if (!/[*?]/.test(last)) return [path];
    const names = await readdir(dirname(path)).catch(() => []);
    return names
      .filter((name) => matchesPattern(last, name) && (!name.startsWith('.') || last.startsWith('.')))
      .sort()
      .map((name) => join(dirname(path), name));
  }
}

/** Takes the command out of a Match block, and what it would set; leaves a mark for the hosts it speaks of. */
function disarm(section: Section): void {
  const criteria = criteriaOf(section);
  for (const name of Object.keys(criteria)) if (/exec/i.test(name)) delete criteria[name];
  const mark: Directive = {
    type: SSHConfig.DIRECTIVE,
    before: '',
    after: '\n',
    param: EXEC_MARK,
    separator: ' ',
    value: 'yes',
  };
  section.config.splice(0, section.config.length, mark);
}

function criteriaOf(section: Section): Record<string, unknown> {
  return 'criteria' in section ? (section.criteria as Record<string, unknown>) : {};
}

function isDirective(line: Line): line is Directive | Section {
  return line.type === SSHConfig.DIRECTIVE;
}

function isSection(line: Directive | Section): line is Section {
  return 'config' in line && /^(host|match)$/i.test(line.param);
}

function words(value: Directive['value']): string[] {
  return typeof value === 'string' ? value.split(/\s+/) : value.map(({ val }) => val);
}

/** Names that stand for one host: patterns are rules for others, not hosts. */
function namesIn(config: SSHConfig): string[] {
  const names = new Set<string>();
  for (const line of config) {
    if (!isDirective(line) || !/^host$/i.test(line.param)) continue;
    for (const name of words(line.value)) if (name !== '' && !/[*?!]/.test(name)) names.add(name);
  }
  return [...names];
}

function computed(config: SSHConfig, alias: string): Options {
  return config.compute(alias, { ignoreCase: true, matchExec: false });
}

function toHost(config: SSHConfig, alias: string): SshConfigHost {
  const options = computed(config, alias);
  const problems: Text[] = [];
  const settings = settingsOf(config, alias, options, problems);
  if (one(options, EXEC_MARK) !== null) problems.push(execProblem());
  const known = one(options, 'hostkeyalias');
  if (known !== null) problems.push(aliasProblem(known));
  const parsed = SshSettings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    problems.push(
      text(
        /*i18n*/ { id: 'ssh-config.invalid', message: '{field} cannot be used here: {why}' },
        { field: issue?.path.join('.') ?? '', why: issue?.message ?? '' },
      ),
    );
  }
  return { alias, ssh: parsed.success ? parsed.data : null, problem: problems[0] ?? null };
}

function settingsOf(config: SSHConfig, alias: string, options: Options, problems: Text[]): Partial<SshSettings> {
  const target = endpoint(alias, options);
  return {
    ...target,
    identityFile: identity(alias, target.user, options),
    agent: one(options, 'identityagent') !== 'none',
    jump: jumps(config, options, target, problems, 0),
    sudo: 'none',
  };
}

function endpoint(alias: string, options: Options): { host: string; port: number; user: string } {
  const name = one(options, 'hostname') ?? alias;
  return {
    host: name.replace(/%([hn%])/g, (_, token: string) => (token === '%' ? '%' : alias)),
    port: Number(one(options, 'port') ?? 22),
    user: one(options, 'user') ?? userInfo().username,
  };
}

/** The first key file that is named, its tokens filled in (ssh_config(5), TOKENS). */
function identity(alias: string, user: string, options: Options): string | null {
  const files = options['identityfile'];
  const [first] = Array.isArray(files) ? files : files === undefined ? [] : [files];
  if (first === undefined || first.toLowerCase() === 'none') return null;
  const tokens: Record<string, string> = {
    '%': '%',
    d: homedir(),
    u: userInfo().username,
    l: hostname(),
    n: alias,
    h: endpoint(alias, options).host,
    r: user,
    p: String(endpoint(alias, options).port),
  };
  return expandHome(first.replace(/%([a-z%])/gi, (whole, token: string) => tokens[token] ?? whole));
}

/** ProxyJump, and the old way of writing it as `ProxyCommand ssh -W %h:%p HOST`, as a chain of hops. */
function jumps(
  config: SSHConfig,
  options: Options,
  target: { host: string; port: number },
  problems: Text[],
  depth: number,
): SshHop[] {
  const jump = one(options, 'proxyjump');
  const command = one(options, 'proxycommand');
  let chain = jump !== null && jump.toLowerCase() !== 'none' ? jump.split(',').map((hop) => hop.trim()) : [];
  if (jump === null && command !== null && command.toLowerCase() !== 'none') {
    const plain = /^(?:\/usr\/bin\/)?ssh\s+(?:-q\s+)?(?:-W\s+%h:%p\s+(\S+)|(\S+)\s+-W\s+%h:%p)$/.exec(command);
    const host = plain?.[1] ?? plain?.[2];
    if (host === undefined || host.startsWith('-')) {
      problems.push(
        text(
          /*i18n*/ {
            id: 'ssh-config.proxy-command',
            message: 'It is reached through a command (ProxyCommand {command}), which is not run; use ProxyJump',
          },
          { command: command.slice(0, 200) },
        ),
      );
      return [];
    }
    chain = [host];
  }
  if (depth > LIMITS.HOPS || chain.length > LIMITS.HOPS) {
    problems.push(
      text(
        /*i18n*/ { id: 'ssh-config.hops', message: 'It goes through more than {limit} jump hosts, or in a circle' },
        { limit: LIMITS.HOPS },
      ),
    );
    return [];
  }
  const hops = chain.flatMap((spec, index) => {
    const found = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?\/?$/.exec(spec);
    if (!found?.[2]) return [];
    const alias = found[2];
    const own = computed(config, alias);
    const at = endpoint(alias, own);
    const hop = { host: at.host, port: Number(found[3] ?? at.port), user: found[1] ?? at.user };
    // Only the first hop's own ProxyJump counts: the others are reached through the one before (ssh_config(5)).
    const before = index === 0 && at.host !== target.host ? jumps(config, own, at, problems, depth + 1) : [];
    const parsed = SshHop.safeParse({ ...hop, identityFile: identity(alias, hop.user, own) });
    return parsed.success ? [...before, parsed.data] : before;
  });
  return hops;
}

function one(options: Options, name: string): string | null {
  const value = options[name.toLowerCase()];
  return value === undefined ? null : Array.isArray(value) ? (value[0] ?? null) : value;
}

function expandHome(path: string): string {
  return path.replace(/^~(?=[/\\]|$)/, homedir());
}

function execProblem(): Text {
  return text(
    /*i18n*/ {
      id: 'ssh-config.match-exec',
      message: 'A Match exec block applies to it; its command is not run, so what the block sets is missing here',
    },
  );
}

function aliasProblem(known: string): Text {
  return text(
    /*i18n*/ {
      id: 'ssh-config.host-key-alias',
      message:
        'Its host key is on record as {alias} (HostKeyAlias), which is not used here: the key is asked about at the first connection',
    },
    { alias: known.slice(0, 200) },
  );
}

function tooLarge(path: string): Failure {
  return new Failure(
    'LIMIT',
    text(
      /*i18n*/ {
        id: 'ssh-config.large',
        message: 'The SSH configuration is larger than {bytes} bytes or {files} files at {path}; it was not read',
      },
      { bytes: LIMITS.SSH_CONFIG_BYTES, files: LIMITS.SSH_CONFIG_FILES, path },
    ),
  );
}
