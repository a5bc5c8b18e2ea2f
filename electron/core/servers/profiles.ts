import { randomUUID } from 'node:crypto';
import { Failure } from '#shared/model/failure.ts';
import type { Probe, ServerInput, ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { deleteProfile, findProfile, listProfiles, readProbe, saveProbe, saveProfile } from '../store/server-rows.ts';
import type { Store } from '../store/store.ts';

/** The servers that were added, and what the last test of each found. */
export class Profiles {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): ServerProfile[] {
    return listProfiles(this.#store);
  }

  /** By id or name. Throws NOT_FOUND. */
  get(idOrName: string): ServerProfile {
    const profile = findProfile(this.#store, idOrName);
    if (profile !== null) return profile;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'servers.none', message: 'There is no server {serverId}' }, { serverId: idOrName }),
      { hint: text(/*i18n*/ { id: 'servers.none.hint', message: 'See the list of servers for its name' }) },
    );
  }

  add(input: ServerInput): ServerProfile {
    checkWhere(input);
    const profile: ServerProfile = { ...input, id: randomUUID(), addedAt: new Date().toISOString() };
    this.#save(profile);
    return profile;
  }

  update(id: string, input: ServerInput): ServerProfile {
    checkWhere(input);
    const profile: ServerProfile = { ...input, id, addedAt: this.get(id).addedAt };
    this.#save(profile);
    return profile;
  }

  /** Pins the host key of the server itself. */
  pin(id: string, hostKey: string): ServerProfile {
    const profile = this.get(id);
    if (profile.ssh === null) return profile;
    const pinned: ServerProfile = { ...profile, ssh: { ...profile.ssh, hostKey } };
    this.#save(pinned);
    return pinned;
  }

  remove(id: string): boolean {
    return deleteProfile(this.#store, id);
  }

  probe(id: string): Probe | null {
    return readProbe(this.#store, id);
  }

  saveProbe(probe: Probe): void {
    saveProbe(this.#store, probe);
  }

  #save(profile: ServerProfile): void {
    if (saveProfile(this.#store, profile)) return;
    throw new Failure(
      'BAD_INPUT',
      text(
        /*i18n*/ { id: 'servers.name-taken', message: 'There is already a server named {name}; nothing was saved' },
        { name: profile.name },
      ),
      {
        hint: text(/*i18n*/ { id: 'servers.name-taken.hint', message: 'Choose another name' }),
        detail: { field: 'name' },
      },
    );
  }
}

/** A server is reached over SSH, or is a demo; never both, never neither. */
function checkWhere({ demo, ssh }: ServerInput): void {
  if (demo === (ssh === null)) return;
  throw new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'servers.where',
        message: 'Expected either the SSH settings of a server or a demo server; nothing was saved',
      },
    ),
    { detail: { field: 'ssh' } },
  );
}
