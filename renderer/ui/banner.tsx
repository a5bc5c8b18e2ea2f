import type { ReactNode } from 'react';
import css from './banner.module.css';

/** Over the rows of a screen: what keeps them from being what they seem, in full, and at its end the way on. */
export function Banner(props: {
  icon: ReactNode;
  title: ReactNode;
  /** `warn`: nothing is wrong. Default `bad`. */
  tone?: 'bad' | 'warn';
  end?: ReactNode;
  children: ReactNode;
}) {
  const { tone = 'bad' } = props;
  return (
    <div className={css.banner} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      {props.icon}
      <div className={css.text}>
        <strong>{props.title}</strong> <span>{props.children}</span>
      </div>
      {props.end !== undefined && <span className={css.end}>{props.end}</span>}
    </div>
  );
}
