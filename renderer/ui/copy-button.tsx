import { Trans } from '@lingui/react/macro';
import { type ReactNode, useEffect, useState } from 'react';

/** A link that puts text on the clipboard and says so for a while. */
export function CopyButton(props: { text: string; children: ReactNode }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="pd-link"
      aria-live="polite"
      onClick={() => {
        void copyText(props.text).then(() => setCopied(true));
      }}
    >
      {copied ? <Trans>Copied</Trans> : props.children}
    </button>
  );
}

/** Clipboard API where the page may use it, else the old way through a selected field. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
