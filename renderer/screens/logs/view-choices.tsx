import { useLingui } from '@lingui/react/macro';
import { Choices } from '../../ui/parts.tsx';
import type { LogView } from './view-state.ts';

/** The views of a log, always in sight. With files on view none is chosen. */
export function ViewChoices(props: { view: LogView; onView: (view: LogView) => void }) {
  const { t } = useLingui();
  return (
    <Choices<LogView>
      label={t`What is shown`}
      value={props.view}
      options={[
        { value: 'messages', label: t`Messages` },
        { value: 'report', label: t`Report` },
        { value: 'lines', label: t`Lines` },
        { value: 'live', label: t`Live` },
      ]}
      onChange={props.onView}
    />
  );
}
