import {
  HostName,
  Port,
  ServerInput,
  ServerName,
  type ServerProfile,
  type SshHop,
  type SshSettings,
  type SudoMode,
  UserName,
} from '#shared/model/server.ts';

/** The form as it is typed. */
export interface ServerForm {
  name: string;
  group: string;
  host: string;
  port: string;
  user: string;
  identityFile: string;
  agent: boolean;
  jump: readonly string[];
  sudo: SudoMode;
}

export type FieldProblem = 'name' | 'host' | 'port' | 'user' | 'jump';

export const EMPTY: ServerForm = {
  name: '',
  group: '',
  host: '',
  port: '22',
  user: '',
  identityFile: '',
  agent: true,
  jump: [],
  sudo: 'none',
};

export function formOf(source: { name: string; group?: string | null; ssh: SshSettings | null }): ServerForm {
  const { ssh } = source;
  return {
    name: source.name,
    group: source.group ?? '',
    host: ssh?.host ?? '',
    port: String(ssh?.port ?? 22),
    user: ssh?.user ?? '',
    identityFile: ssh?.identityFile ?? '',
    agent: ssh?.agent ?? true,
    jump: (ssh?.jump ?? []).map((hop) => `${hop.user}@${hop.host}${hop.port === 22 ? '' : `:${hop.port}`}`),
    sudo: ssh?.sudo ?? 'none',
  };
}

/** USER@HOST[:PORT], IPv6 in brackets; null when it is not one. */
export function parseHop(text: string): SshHop | null {
  const match = /^([^@\s]+)@(\[[^\]]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(text.trim());
  if (match === null) return null;
  const user = UserName.safeParse(match[1]);
  const host = HostName.safeParse((match[2] ?? '').replace(/^\[(.*)\]$/, '$1'));
  const port = Port.safeParse(Number(match[3] ?? 22));
  if (!user.success || !host.success || !port.success) return null;
  return { user: user.data, host: host.data, port: port.data, identityFile: null };
}

/** What the form says, checked by the contract's own rules; or which fields are wrong. */
export function readForm(
  form: ServerForm,
  edit: ServerProfile | undefined,
): { input: ServerInput } | { problems: ReadonlySet<FieldProblem> } {
  const problems = new Set<FieldProblem>();
  const demo = edit?.demo === true;
  if (!ServerName.safeParse(form.name.trim()).success) problems.add('name');
  const hops = form.jump.filter((text) => text.trim() !== '').map(parseHop);
  if (!demo) {
    if (!HostName.safeParse(form.host.trim()).success) problems.add('host');
    if (!UserName.safeParse(form.user.trim()).success) problems.add('user');
    if (!/^\d+$/.test(form.port.trim()) || !Port.safeParse(Number(form.port)).success) problems.add('port');
    if (hops.some((hop) => hop === null)) problems.add('jump');
  }
  if (problems.size > 0) return { problems };
  return {
    input: {
      name: form.name.trim(),
      group: form.group.trim() === '' ? null : form.group.trim(),
      demo,
      ssh: demo
        ? null
        : {
            host: form.host.trim(),
            port: Number(form.port),
            user: form.user.trim(),
            identityFile: form.identityFile.trim() === '' ? null : form.identityFile.trim(),
            agent: form.agent,
            jump: hops.filter((hop) => hop !== null),
            sudo: form.sudo,
            hostKey: edit?.ssh?.host === form.host.trim() ? (edit.ssh.hostKey ?? null) : null,
          },
    },
  };
}
