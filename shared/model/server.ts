import { z } from 'zod';
import { Text } from './text.ts';

/** A host name, IPv4 or IPv6 address. No spaces, quotes or leading dash: it also reaches ssh config and known_hosts. */
export const HostName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9:._%[\]][A-Za-z0-9:._%[\]-]*$/, 'expected a host name or an IP address');

export const Port = z.number().int().min(1).max(65535);

/** A POSIX-style user name as it stands before the @ of USER@HOST. */
export const UserName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\s@:\p{Cc}-][^\s@:\p{Cc}]*$/u, 'expected a user name');

/** One hop of a jump chain (ProxyJump, ssh_config(5)). */
export const SshHop = z.object({
  host: HostName,
  port: Port.default(22),
  user: UserName,
  /** Private key file for this hop; null: the same ways to log in as the target's. */
  identityFile: z.string().max(4096).nullable().default(null),
});
export type SshHop = z.infer<typeof SshHop>;

/** How commands become root. `password` means: sudo -S, the password on standard input. */
export const SudoMode = z.enum(['none', 'passwordless', 'password']);
export type SudoMode = z.infer<typeof SudoMode>;

export const SshSettings = z.object({
  host: HostName,
  port: Port.default(22),
  user: UserName,
  /** Private key file (OpenSSH or PEM, encrypted or not); null: agent, then OpenSSH's default key files. */
  identityFile: z.string().max(4096).nullable().default(null),
  /** Offer the keys of the running ssh-agent (SSH_AUTH_SOCK, Pageant or the OpenSSH agent on Windows). */
  agent: z.boolean().default(true),
  /** Hops to go through, first one first. */
  jump: z.array(SshHop).max(4).default([]),
  sudo: SudoMode.default('none'),
  /** SHA256:... fingerprint this profile pins, beside what known_hosts says; null: known_hosts alone decides. */
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256: and 43 base64 characters')
    .nullable()
    .default(null),
});
export type SshSettings = z.infer<typeof SshSettings>;

export const ServerName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, 'expected letters, digits, dot, dash or underscore');

/** What is needed to add a server. A demo server lives in memory and needs no address. */
export const ServerInput = z.object({
  name: ServerName,
  /** The organisation the server list groups by; null: none. */
  group: z.string().max(64).nullable().default(null),
  demo: z.boolean().default(false),
  ssh: SshSettings.nullable().default(null),
});
export type ServerInput = z.infer<typeof ServerInput>;

export const ServerProfile = ServerInput.extend({
  id: z.string(),
  addedAt: z.string(),
});
export type ServerProfile = z.infer<typeof ServerProfile>;

/** The state of the one connection to a server, as the rail's marks show it. */
export const ServerStatus = z.object({
  serverId: z.string(),
  state: z.enum(['not-contacted', 'connecting', 'connected', 'needs-look', 'offline']),
  /** Why it needs a look or is offline; null when there is nothing to say. */
  why: Text.nullable(),
  since: z.string(),
  /** When the next attempt to reconnect is due; null: none planned. */
  retryAt: z.string().nullable(),
  /** Messages in the queue at the last reading; null: never read. */
  queueCount: z.number().int().nullable(),
});
export type ServerStatus = z.infer<typeof ServerStatus>;

/** Secrets a server can ask for. They live in the OS keychain, the vault or this session's memory, never in a profile. */
export const SecretKind = z.enum(['password', 'passphrase', 'sudo', 'keyboard-interactive']);
export type SecretKind = z.infer<typeof SecretKind>;

/** Everything the console knows how to do on some server. A driver answers for each: available, or why not. */
export const CAPABILITIES = [
  'queue.list',
  'queue.show',
  'queue.logins',
  'queue.hold',
  'queue.release',
  'queue.requeue',
  'queue.flush',
  'queue.bounce',
  'queue.delete',
  'queue.copies',
  'queue.restore',
  'logs.read',
  'accounts.read',
  'accounts.mail',
  'accounts.change',
] as const;
export const CapabilityId = z.enum(CAPABILITIES);
export type CapabilityId = z.infer<typeof CapabilityId>;

export const Capability = z.discriminatedUnion('available', [
  z.object({ id: CapabilityId, available: z.literal(true) }),
  z.object({ id: CapabilityId, available: z.literal(false), why: Text, remedy: Text.nullable() }),
]);
export type Capability = z.infer<typeof Capability>;

/** A program found on the server. */
export const Component = z.object({
  /** As its project spells it: Postfix, Dovecot, rspamd, fail2ban, nftables, ... */
  name: z.string(),
  version: z.string().nullable(),
  /** running, stopped, or unknown when it cannot be told without more rights. */
  state: z.enum(['running', 'stopped', 'unknown']),
  /** One fact worth knowing, such as the mail log's place or the number of jails. */
  detail: z.string().nullable(),
});
export type Component = z.infer<typeof Component>;

/** How long a server keeps mail it cannot deliver, and between its tries, in seconds (postconf(5)). */
export const RetryTimes = z.object({
  minimalBackoff: z.number(),
  maximalBackoff: z.number(),
  /** Between two runs of the deferred queue. */
  queueRun: z.number(),
  lifetime: z.number(),
});
export type RetryTimes = z.infer<typeof RetryTimes>;

/** What a server is and what the console can do there, as found by asking it. */
export const Probe = z.object({
  serverId: z.string(),
  at: z.string(),
  driver: z.string(),
  demo: z.boolean(),
  hostname: z.string(),
  os: z.string(),
  kernel: z.string().nullable(),
  /** Remote user and whether commands run as root, by sudo or not at all. */
  user: z.string(),
  privilege: z.enum(['root', 'sudo', 'none']),
  components: z.array(Component),
  capabilities: z.array(Capability),
  /** The exact sudoers(5) lines that give this user what is missing, and nothing else. Empty: nothing is missing. */
  sudoers: z.array(z.string()),
  /** Null: it does not tell. */
  retry: RetryTimes.nullable().default(null),
  warnings: z.array(Text),
});
export type Probe = z.infer<typeof Probe>;

/** A host found in ~/.ssh/config, offered as a server; never contacted before it is added. */
export const SshConfigHost = z.object({
  alias: z.string(),
  ssh: SshSettings.nullable(),
  /** Why it cannot be taken as it is (ProxyCommand, Match exec, ...); null: it can. */
  problem: Text.nullable(),
});
export type SshConfigHost = z.infer<typeof SshConfigHost>;
