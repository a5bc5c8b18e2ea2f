/** What each change of accounts, aliases or domains is called, and what it means for mail. */
import { assertNever } from '#shared/model/assert-never.ts';
import type { AnyDirectoryRequest } from '#shared/model/change-accounts.ts';
import { type Text, text } from '#shared/model/text.ts';

export function titleOf(request: AnyDirectoryRequest, count: number, server: string): Text {
  const values = { count, server };
  switch (request.kind) {
    case 'accounts.add':
      return text(
        /*i18n*/ {
          id: 'accounts.title.add',
          message: 'Add {count, plural, one {# account} other {# accounts}} on {server}',
        },
        values,
      );
    case 'accounts.edit':
      return text(
        /*i18n*/ {
          id: 'accounts.title.edit',
          message: 'Edit {count, plural, one {# account} other {# accounts}} on {server}',
        },
        values,
      );
    case 'accounts.block':
      return text(
        /*i18n*/ {
          id: 'accounts.title.block',
          message: 'Block {count, plural, one {# account} other {# accounts}} on {server}',
        },
        values,
      );
    case 'accounts.unblock':
      return text(
        /*i18n*/ {
          id: 'accounts.title.unblock',
          message: 'Unblock {count, plural, one {# account} other {# accounts}} on {server}',
        },
        values,
      );
    case 'accounts.delete':
      return text(
        /*i18n*/ {
          id: 'accounts.title.delete',
          message: 'Delete {count, plural, one {# account} other {# accounts}} on {server}',
        },
        values,
      );
    case 'accounts.rename':
      return text(
        /*i18n*/ { id: 'accounts.title.rename', message: 'Rename {address} to {to} on {server}' },
        { address: request.address, to: request.to, server },
      );
    case 'accounts.expiry':
      return request.on
        ? text(
            /*i18n*/ { id: 'accounts.title.expiry', message: 'Lock expired accounts of {server} every day' },
            { server },
          )
        : text(
            /*i18n*/ { id: 'accounts.title.expiry-off', message: 'Stop locking expired accounts of {server}' },
            { server },
          );
    case 'accounts.sieve':
      return text(
        /*i18n*/ { id: 'accounts.title.sieve', message: 'Set the mail rules of {address} on {server}' },
        { address: request.address, server },
      );
    case 'accounts.filter':
      return text(
        /*i18n*/ { id: 'accounts.title.filter', message: 'Set the {filter} settings of {address} on {server}' },
        { filter: request.filter, address: request.address, server },
      );
    case 'accounts.undo':
      return text(
        /*i18n*/ {
          id: 'accounts.title.undo',
          message: 'Take back a change of {count, plural, one {# entry} other {# entries}} on {server}',
        },
        values,
      );
    case 'aliases.add':
      return text(
        /*i18n*/ {
          id: 'aliases.title.add',
          message: 'Add {count, plural, one {# alias} other {# aliases}} on {server}',
        },
        values,
      );
    case 'aliases.edit':
      return text(
        /*i18n*/ { id: 'aliases.title.edit', message: 'Edit the alias {alias} on {server}' },
        { alias: request.alias.name, server },
      );
    case 'aliases.enable':
      return request.enabled
        ? text(
            /*i18n*/ {
              id: 'aliases.title.enable',
              message: 'Enable {count, plural, one {# alias} other {# aliases}} on {server}',
            },
            values,
          )
        : text(
            /*i18n*/ {
              id: 'aliases.title.disable',
              message: 'Disable {count, plural, one {# alias} other {# aliases}} on {server}',
            },
            values,
          );
    case 'aliases.delete':
      return text(
        /*i18n*/ {
          id: 'aliases.title.delete',
          message: 'Delete {count, plural, one {# alias} other {# aliases}} on {server}',
        },
        values,
      );
    case 'domains.add':
      return text(
        /*i18n*/ { id: 'domains.title.add', message: 'Add the domain {domain} on {server}' },
        { domain: request.domain, server },
      );
    case 'domains.alias':
      return text(
        /*i18n*/ { id: 'domains.title.alias', message: 'Make {domain} an alias domain of {target} on {server}' },
        { domain: request.domain, target: request.to, server },
      );
    case 'domains.outgoing':
      return outgoingTitle(request, server);
    case 'domains.delete':
      return text(
        /*i18n*/ {
          id: 'domains.title.delete',
          message:
            'Delete the domain {domain} on {server}, with {count, plural, =0 {no account} one {# account} other {# accounts}}',
        },
        { domain: request.domain, count: count - 1, server },
      );
    default:
      return assertNever(request, 'directory request');
  }
}

function outgoingTitle(
  { domain, ip }: Extract<AnyDirectoryRequest, { kind: 'domains.outgoing' }>,
  server: string,
): Text {
  if (domain === null) {
    return ip === null
      ? text(
          /*i18n*/ {
            id: 'domains.title.outgoing-default-none',
            message: 'Take the default outgoing address of {server} away',
          },
          { server },
        )
      : text(
          /*i18n*/ { id: 'domains.title.outgoing-default', message: 'Send mail of {server} from {ip}' },
          { ip, server },
        );
  }
  return ip === null
    ? text(
        /*i18n*/ {
          id: 'domains.title.outgoing-none',
          message: 'Take the outgoing address of {domain} away on {server}',
        },
        { domain, server },
      )
    : text(
        /*i18n*/ { id: 'domains.title.outgoing', message: 'Send mail of {domain} from {ip} on {server}' },
        { domain, ip, server },
      );
}

export function effectOf(request: AnyDirectoryRequest): Text {
  switch (request.kind) {
    case 'accounts.add':
      return text(
        /*i18n*/ {
          id: 'accounts.effect.add',
          message: 'Mail to the new addresses is taken in, and their users can log in.',
        },
      );
    case 'accounts.edit':
      return request.secretId === undefined
        ? text(/*i18n*/ { id: 'accounts.effect.edit', message: 'Takes effect at the next login or delivery.' })
        : text(
            /*i18n*/ {
              id: 'accounts.effect.password',
              message: 'The old password stops working, and open sessions end.',
            },
          );
    case 'accounts.block':
      return request.receiving
        ? text(
            /*i18n*/ {
              id: 'accounts.effect.block-all',
              message:
                'Logins are refused, open sessions end, and mail to these addresses is refused. Mail already there stays.',
            },
          )
        : text(
            /*i18n*/ {
              id: 'accounts.effect.block',
              message: 'Logins are refused and open sessions end. Mail to these addresses is still taken in.',
            },
          );
    case 'accounts.unblock':
      return text(
        /*i18n*/ {
          id: 'accounts.effect.unblock',
          message: 'Logins work again with the same passwords, and mail is taken in and sent.',
        },
      );
    case 'accounts.delete':
    case 'domains.delete':
      switch (request.mail) {
        case 'keep':
          return text(
            /*i18n*/ {
              id: 'accounts.effect.delete-keep',
              message: 'Mail to these addresses is refused. The mail folders stay where they are.',
            },
          );
        case 'aside':
          return text(
            /*i18n*/ {
              id: 'accounts.effect.delete-aside',
              message: 'Mail to these addresses is refused. The mail folders are moved aside on the server.',
            },
          );
        case 'remove':
          return text(
            /*i18n*/ {
              id: 'accounts.effect.delete-remove',
              message: 'Mail to these addresses is refused, and all their mail is removed for good.',
            },
          );
        default:
          return assertNever(request.mail, 'mail fate');
      }
    case 'accounts.rename':
      return text(
        /*i18n*/ {
          id: 'accounts.effect.rename',
          message: 'The user logs in with the new address and the same password; the mail moves along.',
        },
      );
    case 'accounts.expiry':
      return request.on
        ? text(
            /*i18n*/ {
              id: 'accounts.effect.expiry',
              message:
                'A job on the server locks each account on the day after its last one and ends its sessions. Those that have expired are locked now. Mail is still taken in.',
            },
          )
        : text(
            /*i18n*/ {
              id: 'accounts.effect.expiry-off',
              message: 'The job is removed from the server. Accounts that it locked stay locked.',
            },
          );
    case 'accounts.sieve':
      return text(
        /*i18n*/ {
          id: 'accounts.effect.sieve',
          message: 'The rules apply from the next delivery on. Scripts of other names are not touched.',
        },
      );
    case 'accounts.filter':
      return text(
        /*i18n*/ {
          id: 'accounts.effect.filter',
          message: '{filter} judges the next mail to {address} by these settings. What was written by hand stays.',
        },
        { filter: request.filter, address: request.address },
      );
    case 'accounts.undo':
      return text(/*i18n*/ { id: 'accounts.effect.undo', message: 'Each entry stands again as before the change.' });
    case 'aliases.add':
    case 'aliases.edit':
      return text(
        /*i18n*/ {
          id: 'aliases.effect.set',
          message: 'Mail to these addresses goes where the aliases lead, from now on.',
        },
      );
    case 'aliases.enable':
      return request.enabled
        ? text(
            /*i18n*/ {
              id: 'aliases.effect.enable',
              message: 'Mail to these addresses goes where the aliases lead again.',
            },
          )
        : text(
            /*i18n*/ {
              id: 'aliases.effect.disable',
              message: 'The entries stay in their file or table and no longer count.',
            },
          );
    case 'aliases.delete':
      return text(
        /*i18n*/ { id: 'aliases.effect.delete', message: 'Mail to these addresses is no longer led anywhere.' },
      );
    case 'domains.alias':
      return text(
        /*i18n*/ {
          id: 'domains.effect.alias',
          message: 'Mail to a name at {domain} goes to the same name at {target}.',
        },
        { domain: request.domain, target: request.to },
      );
    case 'domains.outgoing':
      return request.ip === null
        ? text(
            /*i18n*/ {
              id: 'domains.effect.outgoing-none',
              message: 'The next deliveries leave from the address that the rest of the server’s mail leaves from.',
            },
          )
        : text(
            /*i18n*/ {
              id: 'domains.effect.outgoing',
              message:
                'The next deliveries to other hosts leave from {ip}. Mail that transport_maps leads elsewhere is not affected.',
            },
            { ip: request.ip },
          );
    case 'domains.add':
      return text(
        /*i18n*/ {
          id: 'domains.effect.add',
          message: 'The server takes mail for the domain once it has accounts or aliases there.',
        },
      );
    default:
      return assertNever(request, 'directory request');
  }
}
