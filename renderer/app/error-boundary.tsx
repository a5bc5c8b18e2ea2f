import { Button } from '@mantine/core';
import { Trans } from '@lingui/react/macro';
import { Component, type ReactNode } from 'react';
import { Code, Notice } from '../ui/parts.tsx';

/** A defect of the page itself. It is shown, not hidden; work that runs on servers goes on behind it. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Notice
        tone="bad"
        title={<Trans>The page has failed</Trans>}
        actions={
          <>
            <Button variant="ink" onClick={() => window.location.reload()}>
              <Trans>Load the page again</Trans>
            </Button>
            <button type="button" className="pd-link" onClick={() => this.setState({ error: null })}>
              <Trans>Go on from here</Trans>
            </button>
          </>
        }
      >
        <p>
          <Trans>
            This is a defect of the page. Jobs go on and stay in the journal; nothing on a server depends on this
            window.
          </Trans>
        </p>
        <Code label="error">{error.stack ?? error.message}</Code>
      </Notice>
    );
  }
}
