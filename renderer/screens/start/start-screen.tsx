import { Button } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconArrowBackUp,
  IconDeviceFloppy,
  IconFlask,
  IconFolderOpen,
  IconHistory,
  IconServer2,
  IconTerminal2,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { SshConfigHost } from '#shared/model/server.ts';
import { useApi, useServers } from '../../api/console.tsx';
import { useDialogs } from '../../app/dialogs.tsx';
import { useGo } from '../../app/go.ts';
import { useKeys } from '../../app/keys.ts';
import { FailureText } from '../../app/way-out.tsx';
import { useSay } from '../../i18n/words.ts';
import { Key } from '../../ui/parts.tsx';
import { ServerMark } from '../../ui/server-mark.tsx';
import { visibleLine } from '../../ui/visible.ts';
import css from './start.module.css';

/** First run: where is the mail? */
export function StartScreen() {
  const { t } = useLingui();
  const api = useApi();
  const go = useGo();
  const dialogs = useDialogs();
  const servers = useServers() ?? [];
  const found = useQuery(api.query.servers.sshConfigHosts.queryOptions({ input: {}, retry: false }));

  const demo = useMutation({
    mutationFn: async () => {
      const there = servers.find((server) => server.demo);
      if (there !== undefined) return there;
      return api.client.servers.add({ name: 'demo', group: null, demo: true, ssh: null });
    },
    onSuccess: async (server) => {
      await api.cache.invalidateQueries({ queryKey: api.query.servers.list.key() });
      go.queue(server.id);
    },
  });
  const add = () => dialogs.open({ kind: 'server' });
  const openLogs = () => go.logs({ view: 'files' });
  useKeys({ '1': add, '2': () => demo.mutate(), '3': openLogs });

  return (
    <div className={css.screen}>
      <div className={css.main}>
        <h1>
          <Trans>Where is the mail you look after?</Trans>
        </h1>
        <p className={css.lead}>
          <Trans>
            Pick one to begin. Nothing is changed on a server until you have read the commands and agreed to them.
          </Trans>
        </p>
        <div className={css.ways}>
          <Way
            first
            icon={<IconServer2 size={18} />}
            title={<Trans>Add a server</Trans>}
            action={
              <Button variant="ink" onClick={add} rightSection={<Key always>1</Key>}>
                <Trans>Add a server…</Trans>
              </Button>
            }
          >
            <Trans>
              A Postfix server you reach over SSH. Needs an address and your SSH key, agent or password; no software is
              installed on the server.
            </Trans>
          </Way>
          <Way
            icon={<IconFlask size={18} />}
            title={<Trans>Try the demo server</Trans>}
            action={
              <Button loading={demo.isPending} onClick={() => demo.mutate()} rightSection={<Key always>2</Key>}>
                <Trans>Start the demo</Trans>
              </Button>
            }
          >
            <Trans>
              A made-up mail server with 18,402 queued messages and a stolen password to find. Runs on this computer,
              offline.
            </Trans>
          </Way>
          <Way
            icon={<IconFolderOpen size={18} />}
            title={<Trans>Open log files</Trans>}
            action={
              <Button onClick={openLogs} rightSection={<Key always>3</Key>}>
                <Trans>Choose files…</Trans>
              </Button>
            }
          >
            <Trans>
              Mail logs you already have, also .gz, .xz and .zst. They are read on this computer; no server and no
              network is needed.
            </Trans>
          </Way>
        </div>
        {demo.error !== null && <FailureText error={demo.error} />}
        {found.data !== undefined && found.data.length > 0 && (
          <Found hosts={found.data} label={t`Hosts of your SSH config`} />
        )}
      </div>
      <Explain />
    </div>
  );
}

function Way(props: { icon: ReactNode; title: ReactNode; action: ReactNode; children: ReactNode; first?: boolean }) {
  return (
    <section className={css.way} data-first={props.first}>
      <span className={css.wayIcon} aria-hidden="true">
        {props.icon}
      </span>
      <div className={css.wayText}>
        <h2>{props.title}</h2>
        <p>{props.children}</p>
      </div>
      {props.action}
    </section>
  );
}

function Found(props: { hosts: readonly SshConfigHost[]; label: string }) {
  const { t } = useLingui();
  const say = useSay();
  const dialogs = useDialogs();
  return (
    <section className={css.found}>
      <h3>
        <Trans>Found in your SSH config</Trans>{' '}
        <span>
          <Plural value={props.hosts.length} one="# host; not contacted" other="# hosts; not contacted" />
        </span>
      </h3>
      <ul aria-label={props.label}>
        {props.hosts.slice(0, 50).map((host) => {
          const { ssh } = host;
          return (
            <li key={host.alias}>
              <ServerMark state="not-contacted" />
              <strong className="pd-clip" data-tip="">
                {visibleLine(host.alias)}
              </strong>
              <span className="pd-mono pd-2 pd-clip" data-tip="">
                {ssh === null ? '' : `${ssh.user}@${ssh.host}${ssh.port === 22 ? '' : `:${ssh.port}`}`}
              </span>
              {host.problem !== null && (
                <span className={`${css.problem} pd-clip`} data-tip="">
                  {say(host.problem)}
                </span>
              )}
              {ssh !== null && (
                <button
                  type="button"
                  className="pd-link"
                  aria-label={t`Add ${host.alias}…`}
                  onClick={() => dialogs.open({ kind: 'server', prefill: { name: host.alias, ssh } })}
                >
                  <Trans>Add…</Trans>
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Explain() {
  return (
    <aside className={css.explain}>
      <section>
        <h3>
          <Trans>What Postdeck does when you add a server</Trans>
        </h3>
        <p>
          <Trans>Only reading, and only with your rights there.</Trans>
        </p>
        <dl className={css.commands}>
          <dt>postconf</dt>
          <dd>
            <Trans>how Postfix is set</Trans>
          </dd>
          <dt>postqueue -j</dt>
          <dd>
            <Trans>what waits in the queue</Trans>
          </dd>
          <dt>postcat -q</dt>
          <dd>
            <Trans>the message you open</Trans>
          </dd>
          <dt>sudo -l</dt>
          <dd>
            <Trans>what you may do there</Trans>
          </dd>
        </dl>
      </section>
      <section>
        <h3>
          <Trans>Before any change</Trans>
        </h3>
        <ul className={css.points}>
          <li>
            <IconTerminal2 size={15} aria-hidden="true" />
            <Trans>You see the exact commands and how many messages they touch.</Trans>
          </li>
          <li>
            <IconDeviceFloppy size={15} aria-hidden="true" />
            <Trans>Safe copies come to this computer first, where a change allows them.</Trans>
          </li>
          <li>
            <IconArrowBackUp size={15} aria-hidden="true" />
            <Trans>The dialog says whether undo is full, partial or impossible.</Trans>
          </li>
          <li>
            <IconHistory size={15} aria-hidden="true" />
            <Trans>Each change goes into a journal that shows if anyone alters it.</Trans>
          </li>
        </ul>
      </section>
      <section>
        <h3>
          <Trans>What leaves this computer</Trans>
        </h3>
        <p>
          <Trans>SSH to the servers you add. Nothing else: no account, no usage data, no update checks.</Trans>
        </p>
      </section>
    </aside>
  );
}
