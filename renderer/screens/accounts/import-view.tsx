import { Button, Checkbox, Select } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconArrowLeft, IconCheck, IconDownload, IconFileSpreadsheet } from '@tabler/icons-react';
import { type ReactNode, useRef, useState } from 'react';
import { MAX_CSV, type ColumnMap } from '#shared/contract/accounts.ts';
import { useApi } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Choices, Key, Notice, Spinner } from '../../ui/parts.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { visibleLine } from '../../ui/visible.ts';
import { useBinarySize } from './account-words.tsx';
import { ACCOUNT_COLUMNS, ALIAS_COLUMNS, csvHeader, guessColumns } from './csv-header.ts';
import css from './import.module.css';
import type { Directory } from './use-directory.ts';
import { useJobOf } from './use-sequence.ts';
import type { ViewName } from './view-state.ts';

type What = 'accounts' | 'aliases';
type Checked = Awaited<ReturnType<ReturnType<typeof useApi>['client']['accounts']['checkImport']>>;

interface Chosen {
  name: string;
  csv: string;
  header: string[];
}

/** Rows shown of a list that may have thousands; the change dialog lists all. */
const SHOWN = 200;

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

function Step(props: { number: number; title: ReactNode; done: boolean; children: ReactNode }) {
  return (
    <section className={css.step}>
      <h2>
        <span className={css.number} data-done={props.done || undefined}>
          {props.done ? <IconCheck size={13} aria-hidden="true" /> : props.number}
        </span>
        {props.title}
      </h2>
      <div>{props.children}</div>
    </section>
  );
}

function Problems(props: { checked: Checked }) {
  const { checked } = props;
  const { t } = useLingui();
  const say = useSay();
  const format = useFormat();
  const rest = checked.problemsTotal - checked.problems.length;
  return (
    <>
      <p className={css.bad} role="alert">
        <IconAlertTriangle size={15} aria-hidden="true" />
        <span>
          <strong>
            <Plural value={checked.problemsTotal} one="# problem" other="# problems" />
          </strong>{' '}
          <Plural value={checked.rows} one="in # row." other="in # rows." />{' '}
          <Trans>Mend the file and choose it again; nothing was written.</Trans>
        </span>
      </p>
      <div className={css.tableBox} tabIndex={0} role="group" aria-label={t`Problems by row`}>
        <table className={css.table}>
          <thead>
            <tr>
              <th className={css.right}>
                <Trans>Line</Trans>
              </th>
              <th>
                <Trans>Value</Trans>
              </th>
              <th>
                <Trans>What is wrong</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {checked.problems.map((problem, at) => (
              <tr key={at}>
                <td className={`${css.right} pd-num`}>{format.count(problem.line)}</td>
                <td className="pd-mono">{visibleLine(problem.value)}</td>
                <td>{say(problem.problem)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && (
        <p className="pd-2">
          <Plural value={rest} one="and # more problem" other="and # more problems" />
        </p>
      )}
    </>
  );
}

function Good(props: { checked: Checked; what: What }) {
  const { checked, what } = props;
  const { t } = useLingui();
  const size = useBinarySize();
  const shown = what === 'accounts' ? checked.accounts.slice(0, SHOWN) : checked.aliases.slice(0, SHOWN);
  const rest = checked.rows - shown.length;
  return (
    <>
      <p className={css.good} role="status">
        <IconCheck size={15} aria-hidden="true" />
        <span>
          <strong>
            <Plural value={checked.rows} one="# row is good." other="All # rows are good." />
          </strong>{' '}
          {checked.generated > 0 && (
            <Plural value={checked.generated} one="# password is made." other="# passwords are made." />
          )}
        </span>
      </p>
      <div className={css.tableBox} tabIndex={0} role="group" aria-label={t`Rows to add`}>
        <table className={css.table}>
          <thead>
            {what === 'accounts' ? (
              <tr>
                <th>
                  <Trans>Address</Trans>
                </th>
                <th>
                  <Trans>Name</Trans>
                </th>
                <th className={css.right}>
                  <Trans>Quota</Trans>
                </th>
                <th>
                  <Trans>Expires</Trans>
                </th>
              </tr>
            ) : (
              <tr>
                <th>
                  <Trans>Alias</Trans>
                </th>
                <th>
                  <Trans>Leads to</Trans>
                </th>
              </tr>
            )}
          </thead>
          <tbody>
            {what === 'accounts'
              ? checked.accounts.slice(0, SHOWN).map((row) => (
                  <tr key={row.address}>
                    <td>{visibleLine(row.address)}</td>
                    <td className="pd-2">{visibleLine(row.name ?? '')}</td>
                    <td className={`${css.right} pd-num pd-2`}>
                      {row.quota === null ? <Trans>no limit</Trans> : size(row.quota)}
                    </td>
                    <td className="pd-num pd-2">{row.expires ?? ''}</td>
                  </tr>
                ))
              : checked.aliases.slice(0, SHOWN).map((row) => (
                  <tr key={row.name}>
                    <td>{visibleLine(row.name)}</td>
                    <td className="pd-2">{visibleLine(row.targets.join(', '))}</td>
                  </tr>
                ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && (
        <p className="pd-2">
          <Plural value={rest} one="and # more row" other="and # more rows" />
        </p>
      )}
    </>
  );
}

/** What was done, and the passwords that were made: told once by the console, kept by this page until it is left. */
function Outcome(props: { rows: number; generated: number; secretId: string | null; onLeave: () => void }) {
  const { secretId, generated } = props;
  const api = useApi();
  const [told, setTold] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    try {
      let csv = told;
      if (csv === null && secretId !== null) {
        const list = await api.client.accounts.generated({ secretId });
        csv = ['address,password', ...list.map(({ address, password }) => `${address},${password}`), ''].join('\r\n');
        setTold(csv);
      }
      if (csv !== null) saveFile(new Blob([csv], { type: 'text/csv;charset=utf-8' }), 'passwords.csv');
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <p className={css.good} role="status">
        <IconCheck size={15} aria-hidden="true" />
        <span>
          <Plural
            value={props.rows}
            one="# row is on the server and was read back."
            other="# rows are on the server and were read back."
          />
        </span>
      </p>
      <div className={css.line}>
        {generated > 0 && secretId !== null && (
          <Button
            variant={told === null ? 'ink' : 'default'}
            leftSection={<IconDownload size={14} />}
            onClick={() => void save()}
          >
            <Plural value={generated} one="Save # password…" other="Save # passwords…" />
          </Button>
        )}
        <Button onClick={props.onLeave}>
          <Trans>Back to the list</Trans>
        </Button>
      </div>
      {generated > 0 && (
        <p className="pd-2">
          <Trans>
            The server has only their hashes. They can be saved until this page is left; keep the file where only you
            can read it.
          </Trans>
        </p>
      )}
      {error !== null && <FailureText error={error} />}
    </>
  );
}
