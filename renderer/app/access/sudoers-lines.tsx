import { Trans, useLingui } from '@lingui/react/macro';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Code } from '../../ui/parts.tsx';
import { visibleLine } from '../../ui/visible.ts';

/** Exact lines for sudoers(5), to be copied; nothing more than the console uses. */
export function SudoersLines(props: { lines: readonly string[] }) {
  const { t } = useLingui();
  if (props.lines.length === 0) {
    return (
      <p className="pd-2">
        <Trans>Nothing is missing: this user may run every command the console uses.</Trans>
      </p>
    );
  }
  return (
    <>
      <p className="pd-2" style={{ marginBottom: 8 }}>
        <Trans>
          Put these lines into a file under /etc/sudoers.d on the server, with visudo -f. They allow these commands and
          nothing else.
        </Trans>{' '}
        <CopyButton text={`${props.lines.join('\n')}\n`}>
          <Trans>Copy</Trans>
        </CopyButton>
      </p>
      <Code label={t`sudoers lines`}>
        {props.lines.map((line) => (
          <div key={line}>{visibleLine(line)}</div>
        ))}
      </Code>
    </>
  );
}
