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
      {props.lines.some((line) => line.includes('postdeck-accounts-')) && (
        <p className="pd-2" style={{ marginBottom: 8 }}>
          <Trans>
            Each part stands below a comment and may be left out. Looking at accounts shows every one with its password
            hash, and users’ rules and folders; it changes nothing. Reading mail is a part of its own. Changing accounts
            is as good as root: whoever may write Postfix’s services, system users and a daily job can become root by
            them. A script is named by its SHA-256, so a new version of this console may need new lines.
          </Trans>
        </p>
      )}
      <Code label={t`sudoers lines`}>
        {props.lines.map((line) => (
          <div key={line} className={line.startsWith('#') ? 'pd-2' : undefined}>
            {visibleLine(line)}
          </div>
        ))}
      </Code>
    </>
  );
}
