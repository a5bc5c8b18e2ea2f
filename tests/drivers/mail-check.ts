/** What a user can really do on a lab host: log in, send, receive. Answers, never throws for a refusal. */
import { randomUUID } from 'node:crypto';
import { ImapFlow } from 'imapflow';
import nodemailer from 'nodemailer';
import type { LabHost } from '../lab/host.ts';

/** A subject that no other message has. */
export const unique = (subject: string): string => `${subject} ${randomUUID().slice(0, 8)}`;

/** True: the password is accepted over IMAPS. */
export async function canLogIn(host: LabHost, user: string, pass: string): Promise<boolean> {
  const client = new ImapFlow({
    host: host.address,
    port: 993,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass },
    logger: false,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.logout();
    return true;
  } catch (error) {
    if ((error as { authenticationFailed?: boolean }).authenticationFailed) return false;
    throw error;
  }
}

/** Sends by submission with a login; the server's refusal, or null. */
export async function submit(
  host: LabHost,
  user: string,
  pass: string,
  from: string,
  to: string,
  subject: string,
): Promise<string | null> {
  return deliver({ port: 587, requireTLS: true, auth: { user, pass } }, host, from, to, subject);
}

/** Mail from outside, to port 25; the server's refusal, or null. */
export async function fromOutside(
  host: LabHost,
  to: string,
  subject: string,
  from = 'joe@sink.test',
): Promise<string | null> {
  return deliver({ port: 25, ignoreTLS: true }, host, from, to, subject);
}

async function deliver(
  options: object,
  host: LabHost,
  from: string,
  to: string,
  subject: string,
): Promise<string | null> {
  const transport = nodemailer.createTransport({
    host: host.address,
    name: 'tester.lab.test',
    tls: { rejectUnauthorized: false },
    connectionTimeout: 15_000,
    ...options,
  });
  try {
    await transport.sendMail({ from, to, subject, text: `${subject} ${Math.random()}` });
    return null;
  } catch (error) {
    const { response, message } = error as { response?: string; message: string };
    return response ?? message;
  } finally {
    transport.close();
  }
}

/** Waits (bounded) until a message with this subject is in the mailbox; false when it never comes. */
export async function received(
  host: LabHost,
  login: string,
  subject: string,
  within = 15_000,
  folder = 'INBOX',
): Promise<boolean> {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await host.exec(['doveadm', 'search', '-u', login, 'mailbox', folder, 'subject', subject]);
    if (found.stdout.trim() !== '') return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
