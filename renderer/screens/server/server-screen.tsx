import { Button } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconCheck, IconMinus, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { assertNever } from '#shared/model/assert-never.ts';
import type { FailureData } from '#shared/model/failure.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Component, Probe, ServerProfile } from '#shared/model/server.ts';
import { useApi, useServer, useStatus } from '../../api/console.tsx';
import { SudoersLines } from '../../app/access/sudoers-lines.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useGo } from '../../app/go.ts';
import { useKeys } from '../../app/keys.ts';
import { useStateWord } from '../../app/server-words.ts';
import { FailureNotice, settle } from '../../app/way-out.tsx';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { Fact, Facts, Key, Spinner } from '../../ui/parts.tsx';
import { ServerMark } from '../../ui/server-mark.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { useCapabilityWords } from './capability-words.ts';
import css from './server.module.css';

/** What a server is, and what can and cannot be done there, as found by asking it. */
export default function ServerScreen() {
  const { serverId }: { serverId?: string } = useParams({ strict: false });
  const server = useServer(serverId);
  return server === undefined ? null : <ServerView key={server.id} server={server} />;
}

function ServerView(props: { server: ServerProfile }) {
  const { server } = props;
  const { name } = server;
  const api = useApi();
  const go = useGo();
  const dialogs = useDialogs();
  const word = useStateWord();
  const status = useStatus(server.id);
  const format = useFormat();
  const input = { serverId: server.id };
  const test = useQuery({
    queryKey: api.query.servers.test.queryKey({ input }),
    // Not cancelled with the screen: what it finds decides which actions the queue's screen offers.
    queryFn: async () => {
      const found = await api.client.servers.test(input);
      api.cache.setQueryData(api.query.servers.probe.queryKey({ input }), found);
      return found;
    },
    retry: false,
    staleTime: 30_000,
  });
  const last = useQuery(api.query.servers.probe.queryOptions({ input, enabled: test.data === undefined }));
  const probe = test.data ?? last.data ?? undefined;
  const retry = () => void test.refetch();
  useKeys({ F5: retry, Escape: () => go.queue(server.id) });

  // A first contact asks about the key, then for a secret, one after the other, without a click in between.
  const settled = useRef('');
  const { error, data } = test;
  useEffect(() => {
    if (error === null) return;
    const failure = failureOf(error);
    const mark = `${failure.code}${JSON.stringify(failure.detail)}`;
    if (failure.code === 'HOST_KEY_CHANGED' || settled.current === mark) return;
    settled.current = mark;
    settle(dialogs, server.id, failure, retry);
    // Each failure opens its dialog once.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [error]);
  // A probe does not fail for want of sudo's password: it tells what cannot be done without it. Asked for once.
  const sudo = test.data === undefined ? null : sudoNeeded(test.data);
  const askSudo = () => sudo !== null && settle(dialogs, server.id, sudo, retry);
  useEffect(() => {
    if (sudo === null || settled.current === sudo.message.id) return;
    settled.current = sudo.message.id;
    askSudo();
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [data]);

  const state = status?.state ?? 'not-contacted';
  return (
    <div className={css.screen}>
      <header className={css.head}>
        <div>
          <h1>
            {name}
            {server.demo && (
              <span className={css.demo}>
                <Trans>Demo, made up, in memory</Trans>
              </span>
            )}
          </h1>
          <p className={css.state}>
            <ServerMark state={test.isFetching ? 'connecting' : state} />
            {test.isFetching ? <Trans>asking the server</Trans> : word(state)}
            {server.ssh !== null && (
              <span className="pd-mono pd-3">
                ssh {server.ssh.user}@{server.ssh.host}
                {server.ssh.port === 22 ? '' : `:${server.ssh.port}`}
              </span>
            )}
            {probe !== undefined && (
              <span className="pd-3">
                <Trans>asked {format.stamp(probe.at)}</Trans>
              </span>
            )}
          </p>
        </div>
        <span className={css.grow} />
        <Button
          leftSection={test.isFetching ? <Spinner /> : <IconRefresh size={14} />}
          onClick={retry}
          rightSection={<Key>F5</Key>}
        >
          <Trans>Ask again</Trans>
        </Button>
        {sudo !== null && (
          <Button onClick={askSudo}>
            <Trans>Enter the sudo password…</Trans>
          </Button>
        )}
        <Button onClick={() => dialogs.open({ kind: 'server', edit: server })}>
          <Trans>Edit…</Trans>
        </Button>
        <Button variant="ink" onClick={() => go.queue(server.id)}>
          <Trans>Open the queue</Trans>
        </Button>
      </header>
      <div className={css.scroll} tabIndex={0} data-pane="">
        {error !== null && !test.isFetching && (
          <FailureNotice
            title={<Trans>{name} could not be asked</Trans>}
            serverId={server.id}
            failure={failureOf(error)}
            onRetry={retry}
          />
        )}
        {probe !== undefined && <ProbeParts probe={probe} />}
      </div>
    </div>
  );
}

/** What sudo asked for while probing, as the failure that asks for it; null: nothing. */
function sudoNeeded(probe: Probe): FailureData | null {
  for (const each of probe.capabilities) {
    if (!each.available && (each.why.id === 'ssh.sudo.needed' || each.why.id === 'ssh.sudo.password')) {
      return {
        code: 'AUTH_NEEDED',
        message: each.why,
        hint: null,
        retryable: false,
        detail: { kind: 'sudo', hop: null },
      };
    }
  }
  return null;
}

function ProbeParts(props: { probe: Probe }) {
  const { probe } = props;
  const { t } = useLingui();
  const say = useSay();
  const capability = useCapabilityWords();
  return (
    <div className={css.parts}>
      <div>
        <section className={css.part}>
          <h2>
            <Trans>What it is</Trans>
          </h2>
          <Facts>
            <Fact label={<Trans>Host name</Trans>} mono>
              {visibleLine(probe.hostname)}
            </Fact>
            <Fact label={<Trans>System</Trans>}>
              {visibleLine(probe.os)}
              {probe.kernel !== null && <span className="pd-3"> {visibleLine(probe.kernel)}</span>}
            </Fact>
            <Fact label={<Trans>Logged in as</Trans>}>
              {visibleLine(probe.user)}, <Privilege privilege={probe.privilege} />
            </Fact>
            <Fact label={<Trans>Driver</Trans>}>{probe.driver}</Fact>
          </Facts>
        </section>
        <section className={css.part}>
          <h2>
            <Trans>Programs</Trans>
          </h2>
          <table className={css.table} aria-label={t`Programs`}>
            <tbody>
              {probe.components.map((component) => (
                <tr key={component.name}>
                  <th scope="row">{visibleLine(component.name)}</th>
                  <td className="pd-mono">{visibleLine(component.version ?? '')}</td>
                  <td>
                    <ComponentState state={component.state} />
                  </td>
                  <td className="pd-2">{visibleLine(component.detail ?? '')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {probe.warnings.length > 0 && (
          <section className={css.part}>
            <h2>
              <Trans>Worth a look</Trans>
            </h2>
            <ul>
              {probe.warnings.map((warning) => (
                <li key={`${warning.id}${JSON.stringify(warning.values)}`} className={css.warning}>
                  <IconAlertTriangle size={14} aria-hidden="true" />
                  <span>{say(warning)}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
      <div>
        <section className={css.part}>
          <h2>
            <Trans>What can be done there</Trans>
          </h2>
          <ul>
            {probe.capabilities.map((each) => (
              <li key={each.id} className={css.capability}>
                {each.available ? (
                  <IconCheck size={14} color="var(--pd-ok)" aria-label={t`available`} />
                ) : (
                  <IconMinus size={14} color="var(--pd-mute)" aria-label={t`not available`} />
                )}
                <span>{capability(each.id)}</span>
                {!each.available && (
                  <p className="pd-2">
                    {say(each.why)}
                    {each.remedy !== null && `. ${say(each.remedy)}`}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </section>
        <section className={css.part}>
          <h2>
            <Trans>Rights</Trans>
          </h2>
          <SudoersLines lines={probe.sudoers} />
        </section>
      </div>
    </div>
  );
}

function Privilege(props: { privilege: Probe['privilege'] }) {
  switch (props.privilege) {
    case 'root':
      return <Trans>with root rights</Trans>;
    case 'sudo':
      return <Trans>with root rights through sudo</Trans>;
    case 'none':
      return <Trans>without root rights</Trans>;
    default:
      return assertNever(props.privilege, 'privilege');
  }
}

function ComponentState(props: { state: Component['state'] }) {
  switch (props.state) {
    case 'running':
      return (
        <span className={css.running}>
          <IconCheck size={13} aria-hidden="true" /> <Trans>running</Trans>
        </span>
      );
    case 'stopped':
      return (
        <span className={css.stopped}>
          <IconMinus size={13} aria-hidden="true" /> <Trans>stopped</Trans>
        </span>
      );
    case 'unknown':
      return (
        <span className="pd-3">
          <Trans>not known</Trans>
        </span>
      );
    default:
      return assertNever(props.state, 'state of a program');
  }
}
