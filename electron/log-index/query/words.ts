/** Short lists of the strings that a field has: what a part, a domain or a block of addresses is looked up in. */
/** Strings of one kind, ASCII letters lowered, one after the other in one buffer: a question is one native search. */
export class WordList {
  /** Numbers of the strings. */
  readonly ids: Uint32Array;
  /** Where each begins in `text`; a newline stands before the first and behind each. */
  readonly at: Uint32Array;
  readonly text: Buffer;

  constructor(ids: Uint32Array, at: Uint32Array, text: Buffer) {
    this.ids = ids;
    this.at = at;
    this.text = text;
  }

  /** Numbers of the strings that hold `needle`, are it as a whole, or end with it. `needle` is not empty. */
  find(needle: Buffer, how: 'part' | 'whole' | 'tail'): number[] {
    const out: number[] = [];
    if (needle.includes(10)) return out; // no string of a line holds one
    const before = how === 'whole' ? '\n' : '';
    const after = how === 'part' ? '' : '\n';
    const wanted = Buffer.concat([Buffer.from(before), needle, Buffer.from(after)]);
    const { ids, at, text } = this;
    for (let hit = text.indexOf(wanted); hit >= 0; ) {
      const i = this.holding(hit + before.length);
      out.push(ids[i]);
      // from the newline before the next string
      const next = i + 1 < at.length ? at[i + 1] - 1 : text.length;
      hit = next >= text.length ? -1 : text.indexOf(wanted, next);
    }
    return out;
  }

  private holding(place: number): number {
    const { at } = this;
    let low = 0;
    let high = at.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (at[mid] <= place) low = mid;
      else high = mid - 1;
    }
    return low;
  }
}

/** Collects a list. */
export class WordListMaker {
  private ids = new Uint32Array(1024);
  private at = new Uint32Array(1024);
  private n = 0;
  private text = Buffer.allocUnsafe(1 << 16);
  private end = 1;

  constructor() {
    this.text[0] = 10;
  }

  /** Adds `bytes[from, from + length)`, lowering ASCII letters. */
  add(id: number, bytes: Uint8Array, from: number, length: number): void {
    if (this.n === this.ids.length) {
      const ids = new Uint32Array(this.n * 2);
      ids.set(this.ids);
      this.ids = ids;
      const at = new Uint32Array(this.n * 2);
      at.set(this.at);
      this.at = at;
    }
    if (this.end + length + 1 > this.text.length) {
      const grown = Buffer.allocUnsafe((this.end + length + 1) * 2);
      this.text.copy(grown, 0, 0, this.end);
      this.text = grown;
    }
    const { text } = this;
    this.ids[this.n] = id;
    this.at[this.n++] = this.end;
    let to = this.end;
    for (let i = from, e = from + length; i < e; i++) {
      const c = bytes[i];
      text[to++] = c >= 65 && c <= 90 ? c + 32 : c;
    }
    text[to++] = 10;
    this.end = to;
  }

  list(): WordList {
    return new WordList(
      this.ids.slice(0, this.n),
      this.at.slice(0, this.n),
      Buffer.from(this.text.subarray(0, this.end)),
    );
  }
}
