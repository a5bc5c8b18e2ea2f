/** Closes a switch over a union: a new member that is not handled is a compile error here, and a clear one at run time. */
export function assertNever(value: never, what: string): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
