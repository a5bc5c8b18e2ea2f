/** No characters that are mistaken for each other, and none that a mail program or a telephone makes hard. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** 20 of 56 letters, in groups of five: 116 bits, from the browser's own source of chance. */
export function randomPassword(): string {
  const letters: string[] = [];
  // Bytes past the last whole multiple are thrown away: else the first letters would come more often.
  const limit = 256 - (256 % LETTERS.length);
  while (letters.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      if (byte < limit && letters.length < 20) letters.push(LETTERS[byte % LETTERS.length] ?? '');
    }
  }
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-');
}
