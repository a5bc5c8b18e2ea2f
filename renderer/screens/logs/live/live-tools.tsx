import { Button, Menu } from '@mantine/core';
import { useLingui as useCatalogue } from '@lingui/react';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconChevronDown,
  IconCopy,
  IconDownload,
  IconEraser,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconServer,
} from '@tabler/icons-react';
import type { ServerProfile } from '#shared/model/server.ts';
import { useFormat } from '../../../i18n/use-format.ts';
import { copyText } from '../../../ui/copy-button.tsx';
import { Choices, IconButton, Key } from '../../../ui/parts.tsx';
import { saveFile } from '../../../ui/save-file.ts';
import { ServerMark } from '../../../ui/server-mark.tsx';
import { visibleLine } from '../../../ui/visible.ts';
import { useSentence } from '../trace-words.tsx';
import { linesAsCsv, linesAsJson, linesAsText, tracesAsCsv, tracesAsJson } from './live-export.ts';
import type { LiveLog } from './live-log.ts';
import { markOf, StateWord, useFamilyWord } from './live-words.tsx';
import css from './live.module.css';
import { FAMILIES, type Family, type LineRow, MOST_LINES, MOST_TRACES, type TraceRow } from './ring.ts';

export type LiveKind = 'lines' | 'messages';

/** Which servers are followed: any number of them at once. */
export function ServersMenu(props: {
  log: LiveLog;
  servers: readonly ServerProfile[];
  chosen: readonly ServerProfile[];
  onChoose: (ids: readonly string[]) => void;
}) {
  const { log, servers, chosen } = props;
  const { t } = useLingui();
  const followed = new Map(log.followed.map((each) => [each.id, each]));
  const name = visibleLine(chosen[0]?.name ?? '');
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Button
          leftSection={<IconServer size={14} />}
          rightSection={<IconChevronDown size={12} />}
          aria-label={t`Servers followed: ${chosen.map((server) => server.name).join(', ')}`}
          styles={{ label: { maxWidth: 140 } }}
        >
          <span className="pd-clip">
            {chosen.length === 1 ? name : <Plural value={chosen.length} one="# server" other="# servers" />}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {servers.map((server) => {
          const each = followed.get(server.id);
          const on = each !== undefined;
          return (
            <Menu.CheckboxItem
              key={server.id}
              checked={on}
              onChange={() =>
                props.onChoose(
                  servers.filter(({ id }) => (id === server.id ? !on : followed.has(id))).map(({ id }) => id),
                )
              }
              rightSection={
                on ? (
                  <span className="pd-3">
                    <StateWord followed={each} phase={log.phase} />
                  </span>
                ) : null
              }
            >
              {visibleLine(server.name)}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Start, pause, resume; and ending it. */
export function PhaseButtons(props: { log: LiveLog; none: boolean }) {
  const { log } = props;
  const { t } = useLingui();
  switch (log.phase) {
    case 'idle':
      return (
        <Button
          variant="ink"
          disabled={props.none}
          leftSection={<IconPlayerPlay size={14} />}
          onClick={() => log.start()}
        >
          <Trans>Start</Trans>
        </Button>
      );
    case 'running':
    case 'paused': {
      const paused = log.phase === 'paused';
      return (
        <>
          <Button
            variant={paused ? 'ink' : 'default'}
            leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
            rightSection={<Key>Space</Key>}
            onClick={() => (paused ? log.resume() : log.pause())}
          >
            {paused ? <Trans>Go on</Trans> : <Trans>Pause</Trans>}
          </Button>
          <IconButton label={t`Stop following`} onClick={() => log.stop()}>
            <IconPlayerStop size={15} />
          </IconButton>
        </>
      );
    }
  }
}

/** Lines or messages, whose lines, how each server stands, and what can be done with what is shown. */
export function LiveBar(props: {
  log: LiveLog;
  kind: LiveKind;
  onKind: (kind: LiveKind) => void;
  off: readonly Family[];
  onOff: (families: readonly Family[]) => void;
  nameOf: (id: string) => string;
  lines: readonly LineRow[];
  traces: readonly TraceRow[];
}) {
  const { log, kind, off } = props;
  const { t } = useLingui();
  const family = useFamilyWord();
  return (
    <div className={css.bar}>
      <Choices<LiveKind>
        label={t`Rows`}
        value={kind}
        options={[
          { value: 'lines', label: t`Lines` },
          { value: 'messages', label: t`Messages` },
        ]}
        onChange={props.onKind}
      />
      {kind === 'lines' && (
        <span className={css.families} role="group" aria-label={t`Programs`}>
          {FAMILIES.map((each) => {
            const on = !off.includes(each);
            return (
              <button
                key={each}
                type="button"
                className={css.family}
                aria-pressed={on}
                onClick={() => props.onOff(on ? [...off, each] : off.filter((one) => one !== each))}
              >
                {family(each)}
              </button>
            );
          })}
        </span>
      )}
      <span className={css.states}>
        {log.followed.map((followed) => (
          <span key={followed.id} className={css.state}>
            <ServerMark state={markOf(followed, log.phase)} />
            <strong>{visibleLine(props.nameOf(followed.id))}</strong>
            <span className="pd-num">
              <StateWord followed={followed} phase={log.phase} />
            </span>
          </span>
        ))}
      </span>
      <LiveEnd {...props} />
    </div>
  );
}

function LiveEnd(props: {
  log: LiveLog;
  kind: LiveKind;
  nameOf: (id: string) => string;
  lines: readonly LineRow[];
  traces: readonly TraceRow[];
}) {
  const { kind, lines, traces, nameOf } = props;
  const { t } = useLingui();
  const { i18n } = useCatalogue();
  const format = useFormat();
  const sentence = useSentence();
  const count = kind === 'lines' ? lines.length : traces.length;
  const most = kind === 'lines' ? MOST_LINES : MOST_TRACES;
  const save = (text: string, type: string, ending: string) => {
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
    saveFile(new Blob([text], { type }), `live-${kind}-${stamp}.${ending}`);
  };
  const files =
    kind === 'lines'
      ? [
          { word: t`Lines as they are (.log)`, make: () => save(linesAsText(lines), 'text/plain', 'log') },
          { word: t`As CSV`, make: () => save(linesAsCsv(lines, nameOf), 'text/csv', 'csv') },
          { word: t`As JSON lines`, make: () => save(linesAsJson(lines, nameOf), 'application/x-ndjson', 'ndjson') },
        ]
      : [
          { word: t`As CSV`, make: () => save(tracesAsCsv(traces, nameOf, sentence), 'text/csv', 'csv') },
          {
            word: t`As JSON lines`,
            make: () => save(tracesAsJson(traces, nameOf, sentence), 'application/x-ndjson', 'ndjson'),
          },
        ];
  return (
    <span className={css.barEnd} lang={i18n.locale}>
      <span className={`${css.kept} pd-num`} role="status">
        {count >= most ? (
          <Trans>the newest {format.count(most)}</Trans>
        ) : kind === 'lines' ? (
          <Plural value={count} one="# line" other="# lines" />
        ) : (
          <Plural value={count} one="# message" other="# messages" />
        )}
      </span>
      {kind === 'lines' && (
        <IconButton
          label={t`Copy the lines shown`}
          disabled={count === 0}
          onClick={() => void copyText(linesAsText(lines))}
        >
          <IconCopy size={15} />
        </IconButton>
      )}
      <IconButton label={t`Clear the view`} disabled={count === 0} onClick={() => props.log.clear()}>
        <IconEraser size={15} />
      </IconButton>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" leftSection={<IconDownload size={13} />} disabled={count === 0}>
            <Trans>Export</Trans>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {files.map((file) => (
            <Menu.Item key={file.word} onClick={file.make}>
              {file.word}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
