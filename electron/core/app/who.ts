import { hostname, userInfo } from 'node:os';

/** Who the journal names: login and host of this computer. */
export function whoIsHere(): string {
  return `${login()}@${hostname()}`;
}

function login(): string {
  try {
    return userInfo().username;
  } catch {
    // A process without an entry in the user database (some containers): its number is all there is.
    return `uid${process.getuid?.() ?? '?'}`;
  }
}
