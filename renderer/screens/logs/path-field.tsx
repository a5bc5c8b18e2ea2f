import { Autocomplete, Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useRef, useState } from 'react';
import { useApi } from '../../api/console.tsx';
import css from './open-logs.module.css';

/** A path on the computer where the console runs, completed from its folders while it is typed. */
export function PathField(props: { onPath: (path: string) => void }) {
  const { t } = useLingui();
  const api = useApi();
  const [path, setPath] = useState('');
  const [open, setOpen] = useState(false);
  /** The offer just taken: one goes on inside a folder. */
  const picked = useRef<string | null>(null);
  const typed = useDeferredValue(path);
  const { data: offers } = useQuery(
    api.query.logs.paths.queryOptions({
      input: { typed, limit: 20 },
      enabled: open && typed !== '',
      staleTime: 10_000,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
  const folders = new Set((offers ?? []).filter((offer) => offer.folder).map((offer) => offer.path));
  const add = () => {
    const plain = path.trim();
    if (plain === '') return;
    props.onPath(plain);
    setPath('');
  };
  return (
    <form
      className={css.path}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Autocomplete
        label={t`Or a path on the computer where Postdeck runs`}
        description={
          window.host === undefined
            ? t`A file given by its path is read where it is. A file chosen in a browser is copied there first.`
            : t`A file is read where it is and not copied.`
        }
        placeholder="/var/log/mail.log"
        value={path}
        spellCheck={false}
        data={path === '' ? [] : (offers ?? []).map((offer) => offer.path)}
        // The console has looked for what fits; `~` and the case of letters are its business.
        filter={({ options }) => options}
        maxDropdownHeight={240}
        selectFirstOptionOnChange={false}
        renderOption={({ option }) => (
          <span className="pd-mono pd-clip" data-tip="">
            {option.value.slice(option.value.lastIndexOf('/', option.value.length - 2) + 1)}
            {folders.has(option.value) && <span className="pd-3">/</span>}
          </span>
        )}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onOptionSubmit={(value) => {
          picked.current = value;
        }}
        onChange={(value) => {
          setPath(picked.current === value && folders.has(value) ? `${value}/` : value);
          picked.current = null;
        }}
      />
      <Button type="submit" disabled={path.trim() === ''}>
        <Trans>Add</Trans>
      </Button>
    </form>
  );
}
