import type { ServerStatus } from '#shared/model/server.ts';
import { assertNever } from '#shared/model/assert-never.ts';

/** The state of a server as a shape, so that it does not depend on colour. The caller says it in words. */
export function ServerMark(props: { state: ServerStatus['state'] }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: 'none' }}>
      <Shape state={props.state} />
    </svg>
  );
}

function Shape(props: { state: ServerStatus['state'] }) {
  switch (props.state) {
    case 'connected':
      return <circle cx="6" cy="6" r="3.6" fill="var(--pd-ok-mark)" />;
    case 'needs-look':
      return (
        <path d="M6 1.6 11 10.4H1Z" fill="var(--pd-warn-mark)" stroke="var(--pd-warn-mark)" strokeLinejoin="round" />
      );
    case 'offline':
      return (
        <g fill="none" stroke="var(--pd-bad-mark)" strokeWidth="1.6">
          <circle cx="6" cy="6" r="4" />
          <path d="M3.2 8.8 8.8 3.2" />
        </g>
      );
    case 'connecting':
      return (
        <g>
          <circle cx="6" cy="6" r="3.9" fill="none" stroke="var(--pd-run-mark)" strokeWidth="1.2" />
          <path d="M6 2.1a3.9 3.9 0 0 1 0 7.8Z" fill="var(--pd-run-mark)" />
        </g>
      );
    case 'not-contacted':
      return (
        <circle cx="6" cy="6" r="3.9" fill="none" stroke="var(--pd-ctl)" strokeWidth="1.3" strokeDasharray="1.9 1.6" />
      );
    default:
      return assertNever(props.state, 'server state');
  }
}
