/** What was chosen to be indexed: the inputs it comes from, its list, and the way of its bytes. */
import { Trans, useLingui } from '@lingui/react/macro';
import { IconFileText, IconX } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import { useFormat } from '../../i18n/use-format.ts';
import { visibleLine } from '../../ui/visible.ts';
import css from './open-logs.module.css';
import { type Chosen, chosenFile } from './send-files.ts';

/** Opened by a button; the same file can be chosen again after it. */
export function FileInput(props: {
  ref: Ref<HTMLInputElement>;
  label: string;
  onFiles: (files: readonly Chosen[]) => void;
}) {
  return (
    <input
      ref={props.ref}
      type="file"
      multiple
      hidden
      aria-label={props.label}
      onChange={(event) => {
        props.onFiles([...(event.currentTarget.files ?? [])].map(chosenFile));
        event.currentTarget.value = '';
      }}
    />
  );
}

export function ChosenList(props: { chosen: readonly Chosen[]; onDrop: (at: number) => void; locked: boolean }) {
  const { t } = useLingui();
  const format = useFormat();
  return (
    <ul className={css.files} tabIndex={0} aria-label={t`Chosen files`}>
      {props.chosen.map((each, at) => (
        <li key={`${at}${each.name}`}>
          <IconFileText size={14} aria-hidden="true" />
          <span className="pd-clip" data-tip="">
            {visibleLine(each.by === 'path' ? each.path : each.name)}
          </span>
          <span className="pd-num pd-2">
            {each.by === 'content' ? format.size(each.size) : ((<Trans>read where it is</Trans>) as ReactNode)}
          </span>
          <button
            type="button"
            className="pd-icon-button"
            disabled={props.locked}
            aria-label={t`Leave out ${each.name}`}
            onClick={() => props.onDrop(at)}
          >
            <IconX size={13} />
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Sending(props: { sent: number; total: number }) {
  const { t } = useLingui();
  const format = useFormat();
  if (props.total === 0) return null;
  const share = Math.min(100, (100 * props.sent) / props.total);
  return (
    <div className={css.sending}>
      <span className="pd-num">
        <Trans>
          Copied {format.size(props.sent)} of {format.size(props.total)}
        </Trans>
      </span>
      <div
        className={css.progress}
        role="progressbar"
        aria-label={t`Copying`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
      >
        <div style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}
