import { Button, Checkbox, Select } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconArrowLeft, IconFileSpreadsheet } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { MAX_CSV, type ColumnMap } from '#shared/contract/accounts.ts';
import { useApi } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { Choices, Key, Notice, Spinner } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { ACCOUNT_COLUMNS, ALIAS_COLUMNS, csvHeader, guessColumns } from './csv-header.ts';
import css from './import.module.css';
import { type Checked, Good, Outcome, Problems, Step, type What } from './import-parts.tsx';
import type { Directory } from './use-directory.ts';
import { useJobOf } from './use-sequence.ts';
import type { ViewName } from './view-state.ts';

interface Chosen {
  name: string;
  csv: string;
  header: string[];
}

/** CSV in: choose a file, say which column holds what, have every row judged, then one change with one undo. */
export function ImportView(props: {
  serverId: string;
  name: string;
  directory: Directory;
  onLeave: (view: ViewName) => void;
}) {
  const { serverId, name } = props;
  const { t } = useLingui();
  const api = useApi();
  const dialogs = useDialogs();
  const format = useFormat();
  const [what, setWhat] = useState<What>('accounts');
  const [file, setFile] = useState<Chosen | null>(null);
  const [columns, setColumns] = useState<ColumnMap>({});
  const [generate, setGenerate] = useState(true);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [checking, setChecking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [changeId, setChangeId] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const job = useJobOf(changeId);
  const done = job?.state === 'done';
  const wanted: readonly string[] = what === 'accounts' ? ACCOUNT_COLUMNS : ALIAS_COLUMNS;

  const reset = () => {
    setChecked(null);
    setError(null);
    setChangeId(null);
  };
  const take = async (picked: File | undefined) => {
    if (picked === undefined) return;
    reset();
    if (picked.size > MAX_CSV) {
      setFile(null);
      setError(new Error(t`The file has ${format.size(picked.size)}; at most ${format.size(MAX_CSV)} are read`));
      return;
    }
    const csv = await picked.text();
    const header = csvHeader(csv);
    // A file with the columns of the other kind is of the other kind.
    const kind: What =
      what === 'accounts' &&
      !('address' in guessColumns(header, ['address'])) &&
      'targets' in guessColumns(header, ALIAS_COLUMNS)
        ? 'aliases'
        : what;
    setWhat(kind);
    setFile({ name: picked.name, csv, header });
    setColumns(guessColumns(header, kind === 'accounts' ? ACCOUNT_COLUMNS : ALIAS_COLUMNS));
  };
  const choose = (kind: What) => {
    reset();
    setWhat(kind);
    setColumns(file === null ? {} : guessColumns(file.header, kind === 'accounts' ? ACCOUNT_COLUMNS : ALIAS_COLUMNS));
  };
  const check = async () => {
    if (file === null) return;
    reset();
    setChecking(true);
    try {
      setChecked(await api.client.accounts.checkImport({ serverId, what, csv: file.csv, columns, generate }));
    } catch (failure) {
      setError(failure);
    } finally {
      setChecking(false);
    }
  };
  const ready = checked !== null && checked.problemsTotal === 0 && checked.rows > 0 && changeId === null;
  const review = () => {
    if (!ready) return;
    const applied = (started: { changeId: string }) => setChangeId(started.changeId);
    if (what === 'aliases') {
      dialogs.open({ kind: 'change', request: { kind: 'aliases.add', serverId, aliases: checked.aliases }, applied });
    } else if (checked.secretId !== null) {
      const { accounts, secretId } = checked;
      dialogs.open({ kind: 'change', request: { kind: 'accounts.add', serverId, accounts, secretId }, applied });
    }
  };
  useKeys({
    Escape: () => props.onLeave(what),
    'ctrl+s': () => (ready ? review() : void check()),
  });
  const missing = wanted.slice(0, what === 'accounts' ? 1 : 2).some((column) => columns[column] === undefined);
  return (
    <div className={css.screen}>
      <header className={css.top}>
        <Button
          leftSection={<IconArrowLeft size={14} />}
          rightSection={<Key>Esc</Key>}
          onClick={() => props.onLeave(what)}
        >
          <Trans>Back to the list</Trans>
        </Button>
        <h1>
          <Trans>Import a CSV to {name}</Trans>
        </h1>
      </header>
      <div className={css.body} tabIndex={-1}>
        <Step number={1} title={<Trans>File</Trans>} done={file !== null}>
          <div
            className={css.drop}
            data-over={over || undefined}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(false);
              void take(event.dataTransfer.files[0]);
            }}
          >
            <Choices
              label={t`What the file holds`}
              value={what}
              onChange={choose}
              options={[
                { value: 'accounts', label: t`Accounts` },
                { value: 'aliases', label: t`Aliases` },
              ]}
            />
            <input
              ref={input}
              type="file"
              accept=".csv,text/csv,text/plain"
              className="pd-hidden"
              tabIndex={-1}
              aria-label={t`CSV file`}
              onChange={(event) => {
                void take(event.currentTarget.files?.[0]);
                // The same file, mended, can be chosen again.
                event.currentTarget.value = '';
              }}
            />
            <Button leftSection={<IconFileSpreadsheet size={14} />} onClick={() => input.current?.click()}>
              {file === null ? <Trans>Choose a file…</Trans> : <Trans>Choose another file…</Trans>}
            </Button>
            <span className="pd-2 pd-clip">
              {file === null ? (
                <Trans>or drop it here. The first line names the columns.</Trans>
              ) : (
                <Trans>
                  {visibleLine(file.name)}, {format.size(file.csv.length)}
                </Trans>
              )}
            </span>
          </div>
        </Step>
        {file !== null && (
          <Step number={2} title={<Trans>Columns</Trans>} done={checked !== null}>
            <div className={css.columns}>
              {wanted.map((column, at) => (
                <Select
                  key={column}
                  label={column}
                  required={at === 0 || what === 'aliases'}
                  placeholder={t`not in the file`}
                  clearable
                  searchable={false}
                  data={[...new Set(file.header)]}
                  value={columns[column] ?? null}
                  onChange={(value) => {
                    reset();
                    setColumns((now) => {
                      const { [column]: _, ...rest } = now;
                      return value === null ? rest : { ...rest, [column]: value };
                    });
                  }}
                />
              ))}
            </div>
            {what === 'accounts' && (
              <Checkbox
                mt={10}
                checked={generate}
                label={t`Make a random password where a row has none`}
                onChange={(event) => {
                  reset();
                  setGenerate(event.currentTarget.checked);
                }}
              />
            )}
            <div className={css.line}>
              <Button
                variant={checked === null ? 'ink' : 'default'}
                disabled={checking || missing || changeId !== null}
                onClick={() => void check()}
                leftSection={checking ? <Spinner /> : undefined}
              >
                <Trans>Check every row</Trans>
              </Button>
              <span className="pd-2">
                <Trans>The server is read to judge them; nothing is written.</Trans>
              </span>
            </div>
          </Step>
        )}
        {error !== null && <FailureText error={error} />}
        {checked !== null && (
          <Step number={3} title={<Trans>Rows</Trans>} done={checked.problemsTotal === 0 && checked.rows > 0}>
            {checked.rows === 0 ? (
              <Notice title={<Trans>The file has no rows</Trans>} />
            ) : checked.problemsTotal > 0 ? (
              <Problems checked={checked} />
            ) : (
              <Good checked={checked} what={what} />
            )}
            {checked.problemsTotal === 0 && checked.rows > 0 && (
              <div className={css.line}>
                <Button variant="ink" disabled={!ready} rightSection={<Key>Ctrl S</Key>} onClick={review}>
                  <Trans>Review…</Trans>
                </Button>
                <span className="pd-2">
                  <Trans>All rows go in as one change, with one undo.</Trans>
                </span>
              </div>
            )}
          </Step>
        )}
        {changeId !== null && (
          <Step number={4} title={<Trans>Outcome</Trans>} done={done}>
            {job === undefined || job.state === 'running' || job.state === 'cancelling' ? (
              <p className={css.line} role="status">
                <Spinner /> <Trans>Writing; see Jobs</Trans>
              </p>
            ) : done ? (
              <Outcome
                rows={checked?.rows ?? 0}
                generated={checked?.generated ?? 0}
                secretId={checked?.secretId ?? null}
                onLeave={() => props.onLeave(what)}
              />
            ) : (
              <p className={css.bad} role="alert">
                <IconAlertTriangle size={15} aria-hidden="true" />
                <Trans>It did not go through. Jobs and the journal tell how far it got and why.</Trans>
              </p>
            )}
          </Step>
        )}
      </div>
    </div>
  );
}
