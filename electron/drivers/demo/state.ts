import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { QueueMessage, QueueName } from '#shared/model/queue.ts';
import { base52 } from './random.ts';
import { type DemoMessage, makeWorld } from './world.ts';

/** What differs from the world as it was made: small, though the queue is large. */
const Saved = z.object({
  version: z.literal(1),
  epoch: z.number(),
  serial: z.number(),
  gone: z.array(z.string()),
  moved: z.record(z.string(), z.object({ queue: QueueName, delayed: z.boolean() })),
  added: z.array(
    z.object({
      message: QueueMessage,
      subject: z.string(),
      client: z.string().nullable(),
      origin: z.string(),
      originSize: z.number(),
      passes: z.number(),
    }),
  ),
});
type Saved = z.infer<typeof Saved>;

/**
 * The demo server's queue. With a file it is shared by all processes of one data folder (each terminal call is a new
 * one) and survives them; without one it lives as long as the process. Two processes that write in the same
 * millisecond may lose one of the two writes: a demo, not a mail server.
 */
export class DemoState {
  readonly #file: string | null;
  #stamp = '';
  /** What of the file is not in #added. */
  #saved: Omit<Saved, 'added'>;
  /** By id: a restored queue is thousands of added messages, each looked up by every verb. */
  #added = new Map<string, DemoMessage>();
  #messages = new Map<string, DemoMessage>();

  constructor(file: string | null) {
    this.#file = file;
    this.#saved = this.#take(fresh());
    if (this.#readFile() === 'absent') this.#write();
    this.#rebuild();
  }

  /** The queue now, by id. Not to be altered but through change(). */
  messages(): ReadonlyMap<string, DemoMessage> {
    if (this.#readFile() === 'read') this.#rebuild();
    return this.#messages;
  }

  /** Alters the queue and saves it, all in one breath. */
  change(alter: (edit: DemoEdit) => void): void {
    this.messages();
    alter({
      remove: (id) => {
        const demo = this.#messages.get(id);
        if (demo === undefined) return;
        this.#messages.delete(id);
        if (!this.#added.delete(id)) this.#saved.gone.push(id);
        delete this.#saved.moved[id];
      },
      move: (id, queue, delayed) => {
        const demo = this.#messages.get(id);
        if (demo === undefined) return;
        const moved = withMove(demo, queue, delayed);
        this.#messages.set(id, moved);
        if (this.#added.has(id)) this.#added.set(id, moved);
        else this.#saved.moved[id] = { queue, delayed };
      },
      add: (demo) => {
        this.#added.set(demo.message.id, demo);
        this.#messages.set(demo.message.id, demo);
      },
      newId: () => {
        this.#saved.serial += 1;
        return `4f${base52(this.#saved.serial, 4)}z${base52(this.#saved.serial * 7_919, 4)}`;
      },
    });
    this.#write();
  }

  #rebuild(): void {
    const { epoch, gone, moved } = this.#saved;
    this.#messages = new Map(makeWorld(epoch).map((demo) => [demo.message.id, demo]));
    for (const id of gone) this.#messages.delete(id);
    for (const [id, { queue, delayed }] of Object.entries(moved)) {
      const demo = this.#messages.get(id);
      if (demo !== undefined) this.#messages.set(id, withMove(demo, queue, delayed));
    }
    for (const [id, demo] of this.#added) this.#messages.set(id, demo);
  }

  #take({ added, ...saved }: Saved): Omit<Saved, 'added'> {
    this.#added = new Map(added.map((demo) => [demo.message.id, demo]));
    return saved;
  }

  #readFile(): 'read' | 'same' | 'absent' {
    if (this.#file === null) return 'same';
    try {
      const stat = statSync(this.#file);
      const stamp = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
      if (stamp === this.#stamp) return 'same';
      // A file that cannot be read as a demo state starts the demo over; nothing real is lost.
      this.#saved = this.#take(Saved.safeParse(JSON.parse(readFileSync(this.#file, 'utf8'))).data ?? fresh());
      this.#stamp = stamp;
      return 'read';
    } catch (error) {
      if (error instanceof SyntaxError) return 'absent';
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'absent';
      throw error;
    }
  }

  #write(): void {
    if (this.#file === null) return;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const part = `${this.#file}.${randomUUID()}.part`;
    writeFileSync(part, JSON.stringify({ ...this.#saved, added: [...this.#added.values()] } satisfies Saved), {
      mode: 0o600,
    });
    renameSync(part, this.#file);
    const stat = statSync(this.#file);
    this.#stamp = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
  }
}

export interface DemoEdit {
  remove(id: string): void;
  /** `delayed`: it keeps the reasons of its last attempt; otherwise it is as if never tried. */
  move(id: string, queue: QueueName, delayed: boolean): void;
  add(demo: DemoMessage): void;
  newId(): string;
}

function withMove(demo: DemoMessage, queue: QueueName, delayed: boolean): DemoMessage {
  const { message } = demo;
  const recipients = delayed ? message.recipients : message.recipients.map((to) => ({ ...to, reason: null }));
  return { ...demo, message: { ...message, queue, recipients } };
}

function fresh(): Saved {
  return { version: 1, epoch: Date.now(), serial: 1_000_000, gone: [], moved: {}, added: [] };
}
