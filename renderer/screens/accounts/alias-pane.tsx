import { Button, Textarea, TextInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconRoute } from '@tabler/icons-react';
import { useState } from 'react';
import type { Alias } from '#shared/model/alias.ts';
import { checkAliasName, checkAddress } from '#shared/model/mail-address.ts';
import { useDialogs } from '../../app/dialogs.tsx';
import { useKeys } from '../../app/keys.ts';
import { Fact, Facts } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';
import { AliasBadge, AliasKindWord } from './alias-words.tsx';
import { Footer, focusFirst, Pane, paneCss as css, Row, Say } from './pane.tsx';
import { parseList } from './sieve-form.ts';
import { useSequence } from './use-sequence.ts';
import type { ViewProps } from './view-props.ts';

/** One alias, or a form for a new one. */
export function AliasPane(props: {
  view: ViewProps;
  /** null: a new one. */
  alias: Alias | null;
  domain: string | null;
  onClose: () => void;
}) {
  const { view, alias } = props;
  const { serverId, directory } = view;
  const { t } = useLingui();
  const dialogs = useDialogs();
  const sequence = useSequence();
  const [typedName, setTypedName] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const before = alias?.targets ?? [];
  const targets = typed === null ? before : linesOf(typed, alias);
  const plain = typedName.trim();
  const name =
    alias?.name ?? (plain === '' || plain.includes('@') || props.domain === null ? plain : `${plain}@${props.domain}`);
  const checkedName = alias === null ? checkAliasName(name) : ({ ok: true, value: name } as const);
  // What stands there already may be a program or an include: kept as it is, and judged by the server.
  const fresh = targets.filter((target) => !before.includes(target));
  const wrong = fresh.map((target) => checkAddress(target)).find((checked) => !checked.ok);
  const changed = targets.join('\n') !== before.join('\n');
  const changes = alias === null ? (plain === '' && targets.length === 0 ? 0 : 1) : changed ? 1 : 0;
  const ready = checkedName.ok && targets.length > 0 && wrong === undefined && directory.failure === null;
  const editable = alias?.editable !== false && directory.failure === null;

  const review = () => {
    if (!ready || changes === 0 || !editable) return;
    const entry = { name: checkedName.ok ? checkedName.value : name, targets };
    sequence(
      [
        alias === null
          ? { kind: 'aliases.add', serverId, aliases: [entry] }
          : { kind: 'aliases.edit', serverId, alias: entry },
      ],
      () => {
        setTyped(null);
        if (alias === null) view.set({ open: entry.name });
        if (alias === null) props.onClose();
      },
    );
  };
  useKeys({ 'ctrl+s': review });
  return (
    <Pane
      label={alias === null ? t`New alias` : t`Alias ${alias.name}`}
      title={alias === null ? <Trans>New alias</Trans> : visibleLine(alias.name)}
      sub={alias !== null && <AliasBadge alias={alias} />}
      footer={
        editable && (
          <Footer
            changes={changes}
            ready={ready}
            onDiscard={() => {
              setTyped(null);
              setTypedName('');
            }}
            onReview={review}
          />
        )
      }
      onClose={props.onClose}
    >
      {alias?.problem === 'loop' && (
        <Say tone="bad" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          <Trans>It comes back to itself: mail to it bounces.</Trans>
        </Say>
      )}
      {alias?.problem === 'dead-end' && (
        <Say tone="warn" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          <Trans>It leads to an address here that nobody has: mail to that one bounces.</Trans>
        </Say>
      )}
      {alias?.editable === false && (
        <Say icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          <Trans>It stands where it cannot be written safely, so it is only shown.</Trans>
        </Say>
      )}
      {alias === null && (
        <Row
          label={<Trans>Alias</Trans>}
          problem={plain === '' || checkedName.ok ? undefined : checkedName.problem}
          hint={<Trans>An address, or @domain for all that nobody else takes</Trans>}
        >
          {(id, note) => (
            <TextInput
              id={id}
              aria-describedby={note}
              ref={focusFirst}
              spellCheck={false}
              autoComplete="off"
              placeholder={t`name@example.org`}
              value={typedName}
              onChange={(event) => setTypedName(event.currentTarget.value)}
            />
          )}
        </Row>
      )}
      <Row
        label={<Trans>Leads to</Trans>}
        changed={alias !== null && changed}
        was={<Trans>was {visibleLine(before.join(', '))}</Trans>}
        problem={wrong === undefined || wrong.ok ? undefined : wrong.problem}
        hint={<Trans>One address a line; several make a distribution list</Trans>}
      >
        {(id, note) => (
          <Textarea
            id={id}
            aria-describedby={note}
            autosize
            minRows={3}
            maxRows={16}
            spellCheck={false}
            readOnly={!editable}
            value={typed ?? before.join('\n')}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Row>
      {alias !== null && (
        <>
          <div className={css.section}>
            <Facts>
              <Fact label={<Trans>Kind</Trans>}>
                <AliasKindWord kind={alias.kind} />
              </Fact>
              <Fact label={<Trans>Stands in</Trans>} mono>
                {visibleLine(alias.source)}
              </Fact>
            </Facts>
          </div>
          <div className={css.actions}>
            {!alias.name.startsWith('@') && (
              <Button leftSection={<IconRoute size={14} />} onClick={() => view.onRoute(alias.name)}>
                <Trans>Where would mail go?</Trans>
              </Button>
            )}
            {editable && (
              <>
                <Button
                  onClick={() =>
                    dialogs.open({
                      kind: 'change',
                      request: { kind: 'aliases.enable', serverId, names: [alias.name], enabled: !alias.enabled },
                    })
                  }
                >
                  {alias.enabled ? <Trans>Disable…</Trans> : <Trans>Enable…</Trans>}
                </Button>
                <Button
                  variant="danger-quiet"
                  onClick={() =>
                    dialogs.open({
                      kind: 'change',
                      request: { kind: 'aliases.delete', serverId, names: [alias.name] },
                      applied: props.onClose,
                    })
                  }
                >
                  <Trans>Delete…</Trans>
                </Button>
              </>
            )}
          </div>
        </>
      )}
    </Pane>
  );
}

/** Lines of the box. An alias with a program in it may have blanks in a target, so only lines part those. */
function linesOf(typed: string, alias: Alias | null): string[] {
  if (alias?.kind !== 'program') return parseList(typed);
  return typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
