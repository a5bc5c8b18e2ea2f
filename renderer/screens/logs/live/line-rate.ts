/** Over how long lines are counted, in milliseconds: long enough for a calm figure, short enough to show a burst. */
const WINDOW_MS = 10_000;

/** Lines a second of one log that is followed, counted where it is mirrored: what a filter or a pause hides counts too. */
export class LineRate {
  /** Lines there were in the mirror, oldest first. */
  #told: { at: number; lines: number }[] = [];

  /**
   * @param lines Lines in the mirror; null: it catches up, and what comes was written earlier.
   * @param now Milliseconds of any clock that only goes forward.
   */
  take(lines: number | null, now: number): void {
    const last = this.#told.at(-1);
    // A mirror that was deleted begins anew.
    if (lines === null || (last !== undefined && lines < last.lines)) this.#told = [];
    if (lines === null) return;
    this.#told.push({ at: now, lines });
    this.#forget(now);
  }

  /** Null: not told for long enough yet. */
  at(now: number): number | null {
    this.#forget(now);
    const [first] = this.#told;
    const last = this.#told.at(-1);
    if (first === undefined || last === undefined) return null;
    const over = Math.min(WINDOW_MS, now - first.at);
    return over < 1000 ? null : ((last.lines - first.lines) * 1000) / over;
  }

  /** The last count before the window is what those within it are counted from. */
  #forget(now: number): void {
    const within = this.#told.findIndex(({ at }) => at > now - WINDOW_MS);
    const keep = within < 0 ? this.#told.length - 1 : within - 1;
    if (keep > 0) this.#told.splice(0, keep);
  }
}
