import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { GridHandle } from '../../../ui/grid/grid.tsx';

interface Kept {
  gone: boolean;
}

/**
 * Keeps the end in sight while rows come, until the reader scrolls up or chooses a row; then what is in sight stays
 * where it is, also when the oldest rows fall out above it.
 *
 * @param rows The rows on screen, another array after every change.
 * @param list Changes when another list is shown: it begins at its end.
 */
export function useFollowEnd(
  rows: readonly Kept[],
  list: string,
  grid: RefObject<GridHandle | null>,
): {
  following: boolean;
  atEnd: boolean;
  fresh: number;
  setFollowing: (on: boolean) => void;
  onEnd: (atEnd: boolean) => void;
} {
  const [following, setState] = useState(true);
  const [atEnd, setAtEnd] = useState(true);
  const [shown, setShown] = useState(list);
  const last = useRef<Kept | undefined>(undefined);
  const before = useRef<{ list: string; rows: readonly Kept[] }>({ list, rows });
  if (shown !== list) {
    setShown(list);
    setState(true);
  }

  const setFollowing = (on: boolean) => {
    last.current = on ? undefined : rows.at(-1);
    setState(on);
    if (on) grid.current?.show(rows.length - 1);
  };
  useLayoutEffect(() => {
    const { rows: old, list: oldList } = before.current;
    before.current = { list, rows };
    if (following) {
      last.current = undefined;
      grid.current?.show(rows.length - 1);
    } else if (old !== rows && oldList === list) {
      let dropped = 0;
      while (old[dropped]?.gone === true) dropped += 1;
      if (dropped > 0) grid.current?.shift(-dropped);
    }
  }, [rows, list, following, grid]);

  const at = following || last.current === undefined ? -1 : rows.lastIndexOf(last.current);
  return {
    following,
    atEnd,
    fresh: following ? 0 : last.current === undefined || at < 0 ? rows.length : rows.length - 1 - at,
    setFollowing,
    onEnd: (now) => {
      if (now === atEnd) return;
      setAtEnd(now);
      if (now !== following) setFollowing(now);
    },
  };
}
