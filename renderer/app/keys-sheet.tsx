import { Modal } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { useServers } from '../api/console.tsx';
import { Key } from '../ui/parts.tsx';
import css from './form.module.css';

/** Every key the page knows. */
export function KeysSheet(props: { onClose: () => void }) {
  const { t } = useLingui();
  const many = (useServers()?.length ?? 0) > 1;
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={<Trans>Keys</Trans>}
      size={760}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <div className={css.keys}>
        <Section title={<Trans>Everywhere</Trans>}>
          <Line keys={['Ctrl K']}>
            <Trans>go to or run a command</Trans>
          </Line>
          <Line keys={['/']}>
            <Trans>search</Trans>
          </Line>
          <Line keys={['Ctrl 1', '…', 'Ctrl 4']}>
            <Trans>views</Trans>
          </Line>
          {many && (
            <Line keys={['Alt 1', '…', 'Alt 9']}>
              <Trans>servers</Trans>
            </Line>
          )}
          <Line keys={['Ctrl J']}>
            <Trans>jobs</Trans>
          </Line>
          <Line keys={['Ctrl B']}>
            <Trans>fold the server list</Trans>
          </Line>
          <Line keys={['F6', 'Shift F6']}>
            <Trans>next pane, previous pane</Trans>
          </Line>
          <Line keys={['F5']}>
            <Trans>read again</Trans>
          </Line>
          <Line keys={['Esc']}>
            <Trans>back, then clear</Trans>
          </Line>
          <Line keys={['Ctrl ,']}>
            <Trans>settings</Trans>
          </Line>
          <Line keys={['?']}>
            <Trans>this sheet</Trans>
          </Line>
        </Section>
        <Section title={<Trans>In a list</Trans>}>
          <Line keys={['↑', '↓', 'J', 'K']}>
            <Trans>move</Trans>
          </Line>
          <Line keys={['Home', 'End', 'PgUp', 'PgDn']}>
            <Trans>move far</Trans>
          </Line>
          <Line keys={['Space']}>
            <Trans>tick or untick</Trans>
          </Line>
          <Line keys={['Shift ↑', 'Shift ↓']}>
            <Trans>tick a range</Trans>
          </Line>
          <Line keys={['Ctrl A']}>
            <Trans>all matches</Trans>
          </Line>
          <Line keys={['Enter']}>
            <Trans>open</Trans>
          </Line>
          <Line keys={['X']}>
            <Trans>open or close a group</Trans>
          </Line>
        </Section>
        <Section title={<Trans>Queue</Trans>}>
          <Line keys={['H', 'U', 'R']}>
            <Trans>hold, release, requeue</Trans>
          </Line>
          <Line keys={['Del']}>
            <Trans>delete</Trans>
          </Line>
          <Line keys={['E']}>
            <Trans>save as .eml</Trans>
          </Line>
          <Line keys={['T']}>
            <Trans>look for it in the log files</Trans>
          </Line>
          <Line keys={['Menu', 'Shift F10']}>
            <Trans>menu of the row</Trans>
          </Line>
          <Line keys={['G R', 'G S', 'G D', 'G A', 'G N']}>
            <Trans>group by reason, sender, recipient domain, age, none</Trans>
          </Line>
        </Section>
        <Section title={<Trans>Accounts</Trans>}>
          <Line keys={['N']}>
            <Trans>add</Trans>
          </Line>
          <Line keys={['Ctrl S']}>
            <Trans>review what was typed</Trans>
          </Line>
          <Line keys={['Ctrl Tab']}>
            <Trans>next tab of the drawer</Trans>
          </Line>
        </Section>
        <Section title={<Trans>Logs</Trans>}>
          <Line keys={['G M', 'G R', 'G L', 'G V']}>
            <Trans>messages, report, lines, live</Trans>
          </Line>
          <Line keys={['Space', 'End']}>
            <Trans>live: pause or go on, follow the end</Trans>
          </Line>
          <Line keys={['N', 'P']}>
            <Trans>next stage, previous stage</Trans>
          </Line>
          <Line keys={['T']}>
            <Trans>time and host of the lines</Trans>
          </Line>
          <Line keys={['W', 'C']}>
            <Trans>wrap the lines, copy those of the stage</Trans>
          </Line>
          <Line keys={['D', '[', ']']}>
            <Trans>report as tables; shorter or longer time</Trans>
          </Line>
        </Section>
        <Section title={<Trans>Journal</Trans>}>
          <Line keys={['Ctrl Z']}>
            <Trans>undo: opens the change dialog</Trans>
          </Line>
          <Line keys={['V']}>
            <Trans>verify the chain</Trans>
          </Line>
          <Line keys={['C']}>
            <Trans>copy the commands</Trans>
          </Line>
        </Section>
        <Section title={<Trans>Dialogs</Trans>}>
          <Line keys={['Ctrl Enter']}>
            <Trans>confirm</Trans>
          </Line>
          <Line keys={['Esc']}>
            <Trans>cancel</Trans>
          </Line>
        </Section>
      </div>
    </Modal>
  );
}

function Section(props: { title: ReactNode; children: ReactNode }) {
  return (
    <section>
      <h3>{props.title}</h3>
      <dl>{props.children}</dl>
    </section>
  );
}

function Line(props: { keys: readonly string[]; children: ReactNode }) {
  return (
    <>
      <dt>
        {props.keys.map((key) => (
          <Key key={key} always>
            {key}
          </Key>
        ))}
      </dt>
      <dd>{props.children}</dd>
    </>
  );
}
