import { useEffect, useState } from 'react';
import css from './clip-tip.module.css';

/**
 * One tooltip for every clipped text: an element with `data-tip` shows its own text (or the attribute's) when it is
 * cut off on screen. A tooltip component in each of a thousand cells would cost more than the cells.
 */
export function ClipTip() {
  const [tip, setTip] = useState<{ text: string; left: number; top: number; below: boolean } | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over: HTMLElement | null = null;
    const hide = () => {
      clearTimeout(timer);
      over = null;
      setTip(null);
    };
    const show = (event: Event) => {
      const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tip]') : null;
      if (element === over) return;
      hide();
      if (element === null) return;
      over = element;
      timer = setTimeout(() => {
        const given = element.dataset.tip ?? '';
        if (given === '' && element.scrollWidth <= element.clientWidth) return;
        const box = element.getBoundingClientRect();
        const below = box.bottom + 60 < window.innerHeight;
        const text = given === '' ? (element.textContent ?? '') : given;
        setTip({
          text,
          left: Math.min(box.left, window.innerWidth - 340),
          top: below ? box.bottom + 4 : box.top - 4,
          below,
        });
      }, 400);
    };
    document.addEventListener('pointerover', show);
    document.addEventListener('focusin', show);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('scroll', hide, true);
    document.addEventListener('keydown', hide);
    return () => {
      hide();
      document.removeEventListener('pointerover', show);
      document.removeEventListener('focusin', show);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('scroll', hide, true);
      document.removeEventListener('keydown', hide);
    };
  }, []);
  if (tip === null) return null;
  return (
    <div role="tooltip" className={css.tip} data-below={tip.below} style={{ left: tip.left, top: tip.top }}>
      {tip.text}
    </div>
  );
}
