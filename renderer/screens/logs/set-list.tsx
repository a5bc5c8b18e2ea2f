import { Button, TextInput } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconEdit, IconFileText, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type LogSet, SetName } from '#shared/model/log.ts';
import { useApi } from '../../api/console.tsx';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { IconButton } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './open-logs.module.css';

/** What was asked for by a click gets the keyboard, as it appears. */
function focusOnce(element: HTMLElement | null): void {
  element?.focus();
}

/** The sets that are there, with what they take on disk. */
export function SetList(props: { sets: readonly LogSet[]; onOpen: (name: string) => void }) {
  const format = useFormat();
  const disk = props.sets.reduce((sum, set) => sum + set.diskBytes, 0);
  return (
    <section className={css.sets}>
      <h2>
        <Trans>Log files</Trans>{' '}
        <span>
          <Plural value={props.sets.length} one="# set" other="# sets" />,{' '}
          <Trans>{format.size(disk)} of index on disk</Trans>
        </span>
      </h2>
      <ul>
        {props.sets.map((set) => (
          <OneSet key={set.name} set={set} onOpen={props.onOpen} />
        ))}
      </ul>
    </section>
  );
}

function OneSet(props: { set: LogSet; onOpen: (name: string) => void }) {
  const { set } = props;
  const { t } = useLingui();
  const api = useApi();
  const format = useFormat();
  const [mode, setMode] = useState<'shown' | 'rename' | 'drop'>('shown');
  const [name, setName] = useState(set.name);
  const told = (sets: LogSet[]) => {
    api.cache.setQueryData(api.query.logs.sets.queryKey(), sets);
    setMode('shown');
  };
  const rename = useMutation({
    mutationFn: () => api.client.logs.rename({ name: set.name, to: name }),
    onSuccess: told,
  });
  const drop = useMutation({ mutationFn: () => api.client.logs.drop({ name: set.name }), onSuccess: told });
  const again = useMutation({
    mutationFn: () =>
      api.client.logs.index({ name: set.name, paths: set.paths, ...(set.zone === null ? {} : { zone: set.zone }) }),
  });
  const error = rename.error ?? drop.error ?? again.error;
  return (
    <li className={css.set}>
      <IconFileText size={15} aria-hidden="true" />
      {mode === 'rename' ? (
        <form
          className={css.rename}
          onSubmit={(event) => {
            event.preventDefault();
            if (SetName.safeParse(name).success) rename.mutate();
          }}
        >
          <TextInput
            aria-label={t`New name of ${set.name}`}
            value={name}
            ref={focusOnce}
            error={!SetName.safeParse(name).success}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              event.preventDefault();
              setMode('shown');
            }}
          />
          <Button type="submit" disabled={!SetName.safeParse(name).success} loading={rename.isPending}>
            <Trans>Rename</Trans>
          </Button>
          <button type="button" className="pd-link" onClick={() => setMode('shown')}>
            <Trans>Cancel</Trans>
          </button>
        </form>
      ) : mode === 'drop' ? (
        <div className={css.rename}>
          <span className={css.grow}>
            <Trans>
              Drop the index of {visibleLine(set.name)}? The log files stay; what a browser sent is removed.
            </Trans>
          </span>
          <Button variant="danger" loading={drop.isPending} onClick={() => drop.mutate()}>
            <Trans>Drop 1 set</Trans>
          </Button>
          <button type="button" className="pd-link" ref={focusOnce} onClick={() => setMode('shown')}>
            <Trans>Keep it</Trans>
          </button>
        </div>
      ) : (
        <>
          <button type="button" className={css.setName} onClick={() => props.onOpen(set.name)}>
            <strong className="pd-clip" data-tip="">
              {visibleLine(set.name)}
            </strong>
            <span className="pd-2 pd-clip" data-tip={set.paths.join('\n')}>
              {set.state === 'outdated' ? (
                <Trans>Made by another version; it is built again when it is opened</Trans>
              ) : (
                <>
                  <Plural value={set.lines} one="# line" other="# lines" />
                  {', '}
                  <Plural value={set.sources} one="# file" other="# files" />
                  {set.first !== null && set.last !== null && (
                    <>
                      {', '}
                      <Trans>
                        {format.stamp(set.first)} to {format.stamp(set.last)}
                      </Trans>
                    </>
                  )}
                </>
              )}
            </span>
          </button>
          <span className={`${css.setSize} pd-num pd-2`}>
            <Trans>
              {format.size(set.bytes)}, index {format.size(set.diskBytes)}
            </Trans>
          </span>
          <span className={css.setEnd}>
            {set.paths.length > 0 && (
              <IconButton label={t`Index ${set.name} again`} onClick={() => again.mutate()}>
                <IconRefresh size={14} />
              </IconButton>
            )}
            <IconButton label={t`Rename ${set.name}`} onClick={() => setMode('rename')}>
              <IconEdit size={14} />
            </IconButton>
            <IconButton label={t`Drop ${set.name}`} onClick={() => setMode('drop')}>
              <IconTrash size={14} />
            </IconButton>
          </span>
        </>
      )}
      {error !== null && (
        <div className={css.setError}>
          <FailureText error={error} />
        </div>
      )}
    </li>
  );
}
