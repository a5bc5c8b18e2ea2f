import { Button, Modal, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Code, Key } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from '../form.module.css';
import { useConfirmKey } from '../use-confirm-key.ts';
import { FailureText } from '../way-out.tsx';
import { useSavedSearches } from './use-saved-searches.ts';

/** The settings keep no longer names, and no more searches than this. */
const NAME_AT_MOST = 60;
const KEPT_AT_MOST = 50;

/** Gives a search of the queue a name, under which the rail offers it on every server. */
export function SaveSearchDialog(props: { query: string; rename: string | undefined; onClose: () => void }) {
  const { query, rename, onClose } = props;
  const { t } = useLingui();
  const saved = useSavedSearches();
  const [name, setName] = useState(rename ?? query.slice(0, NAME_AT_MOST));
  const typed = name.trim();
  const other = saved.all.find((each) => each.name === typed && each.name !== rename);
  const full = rename === undefined && other === undefined && saved.all.length >= KEPT_AT_MOST;
  const ready = typed !== '' && !full;
  const save = useMutation({
    mutationFn: () => saved.keep({ name: typed, query: query.trim() }, rename),
    onSuccess: onClose,
  });
  useConfirmKey(() => save.mutate(), ready);
  return (
    <Modal
      opened
      onClose={onClose}
      size={480}
      title={rename === undefined ? <Trans>Save this search</Trans> : <Trans>Rename a saved search</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.mutate();
        }}
      >
        <p className={css.text}>
          <Trans>It stands in the list on the left and is asked of the server that is on view.</Trans>
        </p>
        <Code label={t`The search`}>{visibleLine(query)}</Code>
        <div className={css.rows} style={{ marginTop: 12 }}>
          <label className={css.label} htmlFor="search-name">
            <Trans>Name</Trans>
          </label>
          <TextInput
            id="search-name"
            data-autofocus
            value={name}
            maxLength={NAME_AT_MOST}
            description={other === undefined ? undefined : t`There is one of that name; this one takes its place`}
            inputWrapperOrder={['input', 'description', 'error']}
            error={full ? t`50 searches are kept already; remove one first` : undefined}
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </div>
        {save.error !== null && <FailureText error={save.error} />}
        <div className={css.end}>
          <Button onClick={onClose} rightSection={<Key>Esc</Key>}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            variant="ink"
            disabled={!ready}
            loading={save.isPending}
            rightSection={<Key>Ctrl Enter</Key>}
          >
            <Trans>Save</Trans>
          </Button>
        </div>
      </form>
    </Modal>
  );
}
