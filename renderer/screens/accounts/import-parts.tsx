import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconCheck, IconDownload } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useApi } from '../../api/console.tsx';
import { FailureText } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { saveFile } from '../../ui/save-file.ts';
import { visibleLine } from '../../ui/visible.ts';
import { useBinarySize } from './account-words.tsx';
import css from './import.module.css';

export type What = 'accounts' | 'aliases';
export type Checked = Awaited<ReturnType<ReturnType<typeof useApi>['client']['accounts']['checkImport']>>;

/** Rows shown of a list that may have thousands; the change dialog lists all. */
const SHOWN = 200;

export function Step(props: { number: number; title: ReactNode; done: boolean; children: ReactNode }) {
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

export function Problems(props: { checked: Checked }) {
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

export function Good(props: { checked: Checked; what: What }) {
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
export function Outcome(props: { rows: number; generated: number; secretId: string | null; onLeave: () => void }) {
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
