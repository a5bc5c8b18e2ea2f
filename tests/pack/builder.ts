// The packer's own parts, found from the packer: they are its dependencies, not ours.
import { createRequire } from 'node:module';

const builder = createRequire(createRequire(import.meta.url).resolve('electron-builder/package.json'));

interface Asar {
  createPackage(from: string, to: string): Promise<void>;
  listPackage(archive: string, options: { isPack: boolean }): string[];
  extractAll(archive: string, to: string): void;
}
interface Fuses {
  getCurrentFuseWire(program: string): Promise<Record<number, number>>;
  FuseV1Options: Record<string, string | number>;
}
interface Config {
  validateConfiguration: (config: unknown, log: unknown) => Promise<void>;
}

const asar = builder('@electron/asar') as Asar;
const fuses = builder('@electron/fuses') as Fuses;

export const createPackage = (from: string, to: string): Promise<void> => asar.createPackage(from, to);
export const listPackage = (archive: string): string[] => asar.listPackage(archive, { isPack: false });
export const extractAll = (archive: string, to: string): void => asar.extractAll(archive, to);

export function parseYaml(source: string): Record<string, unknown> {
  return (builder('js-yaml') as { load(source: string): unknown }).load(source) as Record<string, unknown>;
}

/** Rejects with the packer's own words when the configuration does not fit its schema. */
export async function validate(config: unknown): Promise<void> {
  const { validateConfiguration } = builder('app-builder-lib/out/util/config/config') as Config;
  const { DebugLogger } = builder('builder-util') as { DebugLogger: new (enabled: boolean) => unknown };
  await validateConfiguration(config, new DebugLogger(false));
}

/** The fuses of a program by name; true: on. */
export async function fuseWire(program: string): Promise<Record<string, boolean>> {
  const wire = await fuses.getCurrentFuseWire(program);
  const names = Object.entries(fuses.FuseV1Options).filter(([, place]) => typeof place === 'number');
  // The wire holds the characters 0 and 1, so that a dump of the program shows them.
  return Object.fromEntries(names.map(([name, place]) => [name, wire[place as number] === '1'.charCodeAt(0)]));
}
