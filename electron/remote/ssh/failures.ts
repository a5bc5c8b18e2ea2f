import { Failure } from '#shared/model/failure.ts';
import { type Text, text } from '#shared/model/text.ts';
import type { Login } from './auth.ts';
import type { HostKeyVerdict } from './host-keys.ts';
import { algorithmOf, fingerprintOf } from './known-hosts.ts';

const place = (login: Pick<Login, 'hop' | 'user' | 'host' | 'port'>) => ({
  host: login.host,
  port: login.port,
  hop: login.hop,
  user: login.user,
});

/** No TCP connection, by the system's reason. */
export function tcpFailure(error: NodeJS.ErrnoException, login: Login): Failure {
  const values = { host: login.host, port: login.port, why: error.code ?? error.message };
  return new Failure('CONNECT_FAILED', tcpWords(error, values), {
    hint: tcpHint(error),
    retryable: true,
    detail: { ...place(login), reason: values.why },
    cause: error,
  });
}

/** An error of several addresses (happy eyeballs) carries the first one's code. */
function codeOf(error: NodeJS.ErrnoException): string {
  if (error.code) return error.code;
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [];
  return first?.code ?? '';
}

function tcpWords(error: NodeJS.ErrnoException, values: { host: string; port: number; why: string }): Text {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return text(
        /*i18n*/ { id: 'ssh.tcp.refused', message: '{host} refused the connection on port {port}; nothing was sent' },
        values,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return text(/*i18n*/ { id: 'ssh.tcp.name', message: 'The name {host} has no address ({why})' }, values);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return text(/*i18n*/ { id: 'ssh.tcp.route', message: 'There is no route to {host} ({why})' }, values);
    case 'ETIMEDOUT':
      return text(/*i18n*/ { id: 'ssh.tcp.silent', message: '{host} did not answer on port {port}' }, values);
    default:
      return text(
        /*i18n*/ { id: 'ssh.tcp.other', message: 'There is no connection to {host} port {port} ({why})' },
        values,
      );
  }
}

function tcpHint(error: NodeJS.ErrnoException): Text {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return text(
        /*i18n*/ {
          id: 'ssh.tcp.refused.hint',
          message: 'Check that sshd runs there and listens on this port, and that no firewall rejects this computer',
        },
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return text(
        /*i18n*/ {
          id: 'ssh.tcp.name.hint',
          message: 'Check the spelling of the host name, and the name servers of this computer',
        },
      );
    default:
      return text(
        /*i18n*/ {
          id: 'ssh.tcp.hint',
          message: 'Check that the server is up, and that the network lets this computer reach its SSH port',
        },
      );
  }
}

/** The jump host could not reach the next one. */
export function hopRefused(error: Error, hop: Login, to: Login): Failure {
  return new Failure(
    'CONNECT_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.hop.refused',
        message: 'The jump host {hop} could not connect to {host} port {port} ({why})',
      },
      { hop: `${hop.host}:${hop.port}`, host: to.host, port: to.port, why: plainReason(error) },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.hop.refused.hint',
          message:
            'Check that the jump host reaches this address, and that its sshd allows forwarding (AllowTcpForwarding)',
        },
      ),
      retryable: true,
      detail: { ...place(to), through: `${hop.host}:${hop.port}`, reason: plainReason(error) },
      cause: error,
    },
  );
}

/** Whether sshd hung up because too many attempts failed; its words, there is no code for it (RFC 4253 11.1). */
export function endedForAttempts(error: Error): boolean {
  return /too many authentication failures/i.test(plainReason(error));
}

/** The other side speaks, but the SSH connection did not come about. */
export function brokenHandshake(error: (Error & { level?: string; code?: unknown }) | null, login: Login): Failure {
  const why = error ? plainReason(error) : 'connection closed';
  if (error && endedForAttempts(error)) {
    return new Failure(
      'AUTH_FAILED',
      text(
        /*i18n*/ {
          id: 'ssh.auth.too-many',
          message: '{host} ended the login after too many attempts; nothing was run',
        },
        { host: login.host },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'ssh.auth.too-many.hint',
            message: 'The agent holds many keys: turn the agent off for this server and name its key file',
          },
        ),
        detail: { ...place(login), kind: 'agent', reason: why },
      },
    );
  }
  return new Failure(
    'CONNECT_FAILED',
    text(
      /*i18n*/ {
        id: 'ssh.handshake',
        message: 'The SSH connection to {host} port {port} did not come about: {why}',
      },
      { host: login.host, port: login.port, why },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'ssh.handshake.hint',
          message:
            'Check that an SSH server answers on this port and does not refuse this computer (MaxStartups, a ban)',
        },
      ),
      retryable: true,
      detail: { ...place(login), reason: why },
      cause: error ?? undefined,
    },
  );
}

/** Why a host key was not accepted. Nothing but the key exchange has happened by then. */
export function hostKeyFailure(
  login: Login,
  key: Buffer,
  verdict: Exclude<HostKeyVerdict, { state: 'known' }>,
): Failure {
  const fingerprint = fingerprintOf(key);
  const algorithm = algorithmOf(key);
  const values = { host: login.host, port: login.port, fingerprint, algorithm };
  const detail = { ...place(login), algorithm, fingerprint, key: key.toString('base64') };
  switch (verdict.state) {
    case 'unknown':
      return new Failure(
        'HOST_KEY_UNKNOWN',
        text(
          /*i18n*/ {
            id: 'ssh.host-key.unknown',
            message: 'The host key of {host} port {port} is not known: {algorithm} {fingerprint}. Nothing was sent',
          },
          values,
        ),
        {
          hint:
            verdict.authority === null
              ? text(
                  /*i18n*/ {
                    id: 'ssh.host-key.unknown.hint',
                    message:
                      'Compare the fingerprint with one from the server itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then accept it',
                  },
                )
              : text(
                  /*i18n*/ {
                    id: 'ssh.host-key.authority.hint',
                    message:
                      'A @cert-authority line ({where}) speaks for this host, but host certificates are not used here: compare the fingerprint with one from the server itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then accept it',
                  },
                  { where: verdict.authority },
                ),
          detail,
        },
      );
    case 'changed': {
      const [first] = verdict.known;
      const where = first?.where ?? '';
      return new Failure(
        'HOST_KEY_CHANGED',
        text(
          /*i18n*/ {
            id: 'ssh.host-key.changed',
            message:
              'The host key of {host} port {port} is {algorithm} {fingerprint}, but {known} is on record ({where}). Nothing was sent',
          },
          { ...values, known: first?.fingerprint ?? '', where },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'ssh.host-key.changed.hint',
              message:
                'Somebody may be in between. Ask whoever runs the server; only if its key was replaced on purpose, remove the record at {where} and accept the new key',
            },
            { where },
          ),
          detail: { ...detail, known: verdict.known },
        },
      );
    }
    case 'revoked':
      return new Failure(
        'HOST_KEY_CHANGED',
        text(
          /*i18n*/ {
            id: 'ssh.host-key.revoked',
            message: 'The host key of {host} port {port}, {fingerprint}, is revoked ({where}). Nothing was sent',
          },
          { ...values, where: verdict.where },
        ),
        {
          hint: text(
            /*i18n*/ {
              id: 'ssh.host-key.revoked.hint',
              message: 'Somebody may hold the old private key. Ask whoever runs the server for its present key',
            },
          ),
          detail: { ...detail, revoked: true, known: [{ algorithm, fingerprint, where: verdict.where }] },
        },
      );
  }
}

/** The library's words without its prefix, short and without control characters: the server may have written them. */
function plainReason(error: Error): string {
  return error.message
    .replace(/^\(SSH\) /, '')
    .replace(/^Channel open failure: /, '')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
}
