import type { Machine } from '#remote/machine.ts';
import type { MailVerbs } from '../../mail.ts';
import { openMail } from './open.ts';
import { pageOf } from './page.ts';

/** Looking into mailboxes over SSH, as root through doveadm. */
export const mailVerbs = (machine: Machine): MailVerbs => ({
  by: 'doveadm fetch',
  page: (place, asked, signal) => pageOf(machine, place, asked, signal),
  open: (place, signal) => openMail(machine, place, signal),
});
