import { NumberInput } from '@mantine/core';
import { Trans, useLingui } from '@lingui/react/macro';
import { IconAlertTriangle, IconFilter } from '@tabler/icons-react';
import { type FilterSettings, SCORES, type UserFilter } from '#shared/model/user-filter.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { useSay } from '../../i18n/words.ts';
import { visibleLine } from '../../ui/visible.ts';
import { filterProblem } from './account-form.ts';
import { Row, Say } from './pane.tsx';
import { ListRow, Was } from './sieve-parts.tsx';

/** What a filter of the server keeps of this user: where it is, what was written by hand, and our own settings. */
export function FilterRows(props: {
  filter: UserFilter;
  /** As typed. */
  settings: FilterSettings;
  onChange: (settings: FilterSettings) => void;
}) {
  const { filter, settings, onChange } = props;
  const { name, settings: old, usual, byHand, readOnly, note } = filter;
  const { t } = useLingui();
  const say = useSay();
  const format = useFormat();
  const place = visibleLine(filter.place);
  const problem = settings === old ? null : filterProblem(settings);
  const change = (part: Partial<FilterSettings>) => onChange({ ...settings, ...part });
  return (
    <section aria-label={name}>
      <Say icon={<IconFilter size={15} aria-hidden="true" />}>
        <Trans>
          {name} judges mail before it is delivered; the settings of this user are kept in <code>{place}</code>
        </Trans>
      </Say>
      {[readOnly, note].map(
        (text) =>
          text !== null && (
            <Say key={text.id} tone="warn" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
              {say(text)}
            </Say>
          ),
      )}
      {problem !== null && (
        <Say tone="bad" icon={<IconAlertTriangle size={15} aria-hidden="true" />}>
          {say(problem)}
        </Say>
      )}
      {byHand.length > 0 && (
        <Row label={<Trans>By hand</Trans>} group hint={<Trans>Counts as well, and is left as it is</Trans>}>
          {() => (
            <ul>
              {byHand.map((line) => (
                <li key={line}>
                  <code>{visibleLine(line)}</code>
                </li>
              ))}
            </ul>
          )}
        </Row>
      )}
      {readOnly === null && (
        <>
          <Row
            label={<Trans>Spam from a score of</Trans>}
            changed={settings.threshold !== old.threshold}
            was={<Was list={old.threshold === null ? [] : [format.count(old.threshold)]} />}
            hint={<Trans>Empty: the server’s own</Trans>}
          >
            {(id, describedBy) => (
              <NumberInput
                id={id}
                aria-describedby={describedBy}
                maw={96}
                min={SCORES.least}
                max={SCORES.most}
                step={0.5}
                decimalScale={1}
                placeholder={usual === null ? t`as is` : format.count(usual)}
                value={settings.threshold ?? ''}
                onChange={(threshold) => change({ threshold: typeof threshold === 'number' ? threshold : null })}
              />
            )}
          </Row>
          <ListRow
            label={<Trans>Never spam from</Trans>}
            hint={<Trans>An address or @domain a line</Trans>}
            value={settings.allow}
            old={old.allow}
            placeholder={t`nobody`}
            onChange={(allow) => change({ allow })}
          />
          <ListRow
            label={<Trans>Always spam from</Trans>}
            hint={<Trans>An address or @domain a line</Trans>}
            value={settings.deny}
            old={old.deny}
            placeholder={t`nobody`}
            onChange={(deny) => change({ deny })}
          />
        </>
      )}
    </section>
  );
}
