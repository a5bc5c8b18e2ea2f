import { Button, Checkbox, Select, Switch, TextInput } from '@mantine/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconInfoCircle,
  IconPlus,
  IconTrash,
  IconX,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { SieveAction, SieveRule, SieveTest } from '#shared/model/sieve.ts';
import { Code, IconButton } from '../../ui/parts.tsx';
import { visible, visibleLine } from '../../ui/visible.ts';
import { paneCss as css, Row, Say } from './pane.tsx';
import { newRule } from './sieve-form.ts';
import { differs, type RulesProps, Sieve } from './sieve-parts.tsx';

export function RulesTab(form: RulesProps) {
  const { mailbox, before, onSieve } = form;
  const { t } = useLingui();
  const [open, setOpen] = useState<number | null>(null);
  const { sieve } = mailbox;
  // Ours is shown too once somebody has changed it by hand.
  const others = sieve.available ? sieve.scripts.filter((script) => !script.own || sieve.changedByHand) : [];
  const previous = sieve.available ? sieve.previous : null;
  return (
    <>
      <Sieve form={form}>
        {({ rules }) => {
          const put = (at: number, rule: SieveRule) =>
            onSieve({ rules: rules.map((each, i) => (i === at ? rule : each)) });
          const move = (at: number, by: number) => {
            const next = [...rules];
            const [rule] = next.splice(at, 1);
            if (rule === undefined) return;
            next.splice(at + by, 0, rule);
            onSieve({ rules: next });
            setOpen(open === at ? at + by : null);
          };
          return (
            <>
              {rules.length === 0 && (
                <div className={css.plain}>
                  <p>
                    <Trans>No sorting rules. The first that matches decides.</Trans>
                  </p>
                </div>
              )}
              {rules.map((rule, at) => (
                <RuleCard
                  key={at}
                  rule={rule}
                  changed={differs(rule, before?.rules[at])}
                  open={open === at}
                  onToggle={() => setOpen(open === at ? null : at)}
                  onChange={(next) => put(at, next)}
                  onUp={at === 0 ? null : () => move(at, -1)}
                  onDown={at === rules.length - 1 ? null : () => move(at, 1)}
                  onDrop={() => {
                    onSieve({ rules: rules.filter((_, i) => i !== at) });
                    setOpen(null);
                  }}
                />
              ))}
              <div className={css.add}>
                <Button
                  leftSection={<IconPlus size={14} />}
                  disabled={rules.length >= 100}
                  onClick={() => {
                    const number = rules.length + 1;
                    onSieve({ rules: [...rules, newRule(t`Rule ${number}`)] });
                    setOpen(rules.length);
                  }}
                >
                  <Trans>Add rule</Trans>
                </Button>
              </div>
            </>
          );
        }}
      </Sieve>
      {previous !== null && (
        <Say icon={<IconInfoCircle size={15} aria-hidden="true" />}>
          <Trans>After these rules the user’s own script “{visibleLine(previous)}” runs.</Trans>
        </Say>
      )}
      {others.length > 0 && (
        <section className={css.section}>
          <h3>
            <Plural
              value={others.length}
              one="Script of the user’s own, left alone"
              other="Scripts of the user’s own, left alone"
            />
          </h3>
          {others.map((script) => (
            <div key={script.name} className={css.script}>
              <p className="pd-2">
                {visibleLine(script.name)} {script.active && <Trans>(active)</Trans>}
              </p>
              <Code label={t`Script ${script.name}`}>
                <pre>{visible(script.text)}</pre>
              </Code>
            </div>
          ))}
        </section>
      )}
    </>
  );
}

function RuleCard(props: {
  rule: SieveRule;
  changed: boolean;
  open: boolean;
  onToggle: () => void;
  onChange: (rule: SieveRule) => void;
  onUp: (() => void) | null;
  onDown: (() => void) | null;
  onDrop: () => void;
}) {
  const { rule, open, onChange } = props;
  const { t } = useLingui();
  const test = (at: number, change: Partial<SieveTest>) =>
    onChange({ ...rule, tests: rule.tests.map((each, i) => (i === at ? { ...each, ...change } : each)) });
  return (
    <div className={css.rule} data-changed={props.changed || undefined}>
      <div className={css.ruleHead}>
        <button type="button" className={css.ruleName} aria-expanded={open} onClick={props.onToggle}>
          {open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
          <span className="pd-clip">{visibleLine(rule.name)}</span>
        </button>
        <Switch
          size="xs"
          checked={rule.enabled}
          aria-label={t`Rule ${rule.name} is on`}
          onChange={(event) => onChange({ ...rule, enabled: event.currentTarget.checked })}
        />
        <IconButton label={t`Earlier`} disabled={props.onUp === null} onClick={() => props.onUp?.()}>
          <IconArrowUp size={14} />
        </IconButton>
        <IconButton label={t`Later`} disabled={props.onDown === null} onClick={() => props.onDown?.()}>
          <IconArrowDown size={14} />
        </IconButton>
        <IconButton label={t`Drop the rule`} onClick={props.onDrop}>
          <IconTrash size={14} />
        </IconButton>
      </div>
      {open && (
        <div className={css.ruleBody}>
          <Row label={<Trans>Name</Trans>}>
            {(id) => (
              <TextInput
                id={id}
                value={rule.name}
                maxLength={100}
                onChange={(event) => onChange({ ...rule, name: event.currentTarget.value })}
              />
            )}
          </Row>
          <Row label={<Trans>If</Trans>} group>
            {() => (
              <>
                {rule.tests.map((each, at) => (
                  <div key={at} className={css.test}>
                    <Select
                      aria-label={t`Part of the message`}
                      allowDeselect={false}
                      value={each.field}
                      data={[
                        { value: 'from', label: t`sender` },
                        { value: 'to', label: t`recipient` },
                        { value: 'subject', label: t`subject` },
                      ]}
                      onChange={(field) => field !== null && test(at, { field })}
                    />
                    <Select
                      aria-label={t`How it is compared`}
                      allowDeselect={false}
                      value={each.op}
                      data={[
                        { value: 'contains', label: t`contains` },
                        { value: 'is', label: t`is` },
                        { value: 'matches', label: t`like *` },
                      ]}
                      onChange={(op) => op !== null && test(at, { op })}
                    />
                    <TextInput
                      aria-label={t`Compared with`}
                      value={each.value}
                      maxLength={512}
                      onChange={(event) => test(at, { value: event.currentTarget.value })}
                    />
                    <IconButton
                      label={t`Drop this part`}
                      disabled={rule.tests.length === 1}
                      onClick={() => onChange({ ...rule, tests: rule.tests.filter((_, i) => i !== at) })}
                    >
                      <IconX size={14} />
                    </IconButton>
                  </div>
                ))}
                <div className={css.beside}>
                  <button
                    type="button"
                    className="pd-link"
                    disabled={rule.tests.length >= 20}
                    onClick={() =>
                      onChange({ ...rule, tests: [...rule.tests, { field: 'subject', op: 'contains', value: '' }] })
                    }
                  >
                    <Trans>One more</Trans>
                  </button>
                  {rule.tests.length > 1 && (
                    <Select
                      aria-label={t`How many must hold`}
                      allowDeselect={false}
                      value={rule.match}
                      data={[
                        { value: 'all', label: t`all must hold` },
                        { value: 'any', label: t`one is enough` },
                      ]}
                      onChange={(match) => match !== null && onChange({ ...rule, match })}
                    />
                  )}
                </div>
              </>
            )}
          </Row>
          <Row label={<Trans>Then</Trans>} group>
            {() => <ActionField action={rule.action} onChange={(action) => onChange({ ...rule, action })} />}
          </Row>
        </div>
      )}
    </div>
  );
}

function ActionField(props: { action: SieveAction; onChange: (action: SieveAction) => void }) {
  const { action, onChange } = props;
  const { t } = useLingui();
  const become = (type: string): SieveAction => {
    if (type === 'folder') return { type, folder: '' };
    if (type === 'forward') return { type, to: '', keep: true };
    return type === 'discard' ? { type } : { type: 'keep' };
  };
  return (
    <>
      <Select
        aria-label={t`What is done`}
        allowDeselect={false}
        value={action.type}
        data={[
          { value: 'folder', label: t`file into a folder` },
          { value: 'forward', label: t`forward` },
          { value: 'discard', label: t`throw away` },
          { value: 'keep', label: t`keep in the inbox` },
        ]}
        onChange={(type) => type !== null && onChange(become(type))}
      />
      {action.type === 'folder' && (
        <TextInput
          mt={4}
          aria-label={t`Folder`}
          placeholder={t`Folder`}
          value={action.folder}
          maxLength={200}
          onChange={(event) => onChange({ ...action, folder: event.currentTarget.value })}
        />
      )}
      {action.type === 'forward' && (
        <>
          <TextInput
            mt={4}
            aria-label={t`Address to forward to`}
            placeholder={t`Address`}
            value={action.to}
            maxLength={254}
            onChange={(event) => onChange({ ...action, to: event.currentTarget.value.trim() })}
          />
          <Checkbox
            mt={6}
            checked={action.keep}
            label={t`keep a copy in this mailbox`}
            onChange={(event) => onChange({ ...action, keep: event.currentTarget.checked })}
          />
        </>
      )}
    </>
  );
}
