import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

/**
 * Between two tries, in milliseconds. Chromium breaks off what it loads when a network interface comes up or goes, even
 * from loopback; a moment later the same file is there.
 */
const AGAIN_AFTER = [200, 1000, 3000] as const;

/** A screen, loaded when it is first shown; a file that did not come is asked for again before the screen fails. */
export function loadScreen(load: () => Promise<{ default: ComponentType }>): LazyExoticComponent<ComponentType> {
  return lazy(async () => {
    for (const wait of AGAIN_AFTER) {
      try {
        return await load();
      } catch (error) {
        await new Promise<void>((resolve) => {
          setTimeout(resolve, wait);
        });
        await styleAgain(error);
      }
    }
    return load();
  });
}

/** A style sheet that failed is taken for loaded at the next import (Vite asks for each once): it is put in anew. */
async function styleAgain(error: unknown): Promise<void> {
  const href = error instanceof Error ? /^Unable to preload CSS for (\S+)$/.exec(error.message)?.[1] : undefined;
  if (href === undefined) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  await new Promise<void>((resolve) => {
    // Without its styles the screen is still better than none.
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => resolve());
    document.head.append(link);
  });
}
