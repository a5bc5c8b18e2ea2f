import { useLingui } from '@lingui/react/macro';
import type { LogReportKind } from '#shared/model/log.ts';

export function useReportWord(): (by: LogReportKind) => string {
  const { t } = useLingui();
  return (by) => {
    switch (by) {
      case 'summary':
        return t`Totals`;
      case 'volume':
        return t`Recipients by outcome`;
      case 'status':
        return t`Outcomes`;
      case 'sender':
        return t`Top senders`;
      case 'sender-domain':
        return t`Top sender domains`;
      case 'recipient':
        return t`Top recipients`;
      case 'recipient-domain':
        return t`Top recipient domains`;
      case 'ip':
        return t`Top client addresses`;
      case 'login':
        return t`Top logins`;
      case 'relay':
        return t`Top next hosts`;
      case 'reason':
        return t`Top reasons`;
      case 'reject':
        return t`Refused by`;
      case 'verdict':
        return t`Spam verdicts`;
      case 'tls':
        return t`Encryption of incoming mail`;
      case 'delay':
        return t`Delay to the last word`;
      case 'greylisting':
        return t`Greylisting`;
      case 'auth-failure-ip':
        return t`Failed logins by address`;
      case 'auth-failure-login':
        return t`Failed logins by login`;
      case 'unusual-sender':
        return t`Unusual senders`;
      case 'day':
        return t`Traffic by day`;
      case 'hour':
        return t`Traffic by hour of the day, on average`;
      case 'connection':
        return t`SMTP connections by client`;
      case 'problem':
        return t`Warnings and errors`;
      case 'deferral':
        return t`Why tries were put off`;
    }
  };
}

export function useColumnWord(): (column: string) => string {
  const { t } = useLingui();
  const words: Record<string, string> = {
    sender: t`Sender`,
    'sender-domain': t`Domain`,
    recipient: t`Recipient`,
    'recipient-domain': t`Domain`,
    ip: t`Address`,
    login: t`Login`,
    relay: t`Host`,
    client: t`Client`,
    connections: t`Connections`,
    'seconds connected': t`Total time`,
    longest: t`Longest`,
    reason: t`Reason`,
    by: t`By`,
    verdict: t`Verdict`,
    tls: t`Encryption`,
    what: t`What`,
    count: t`Count`,
    messages: t`Messages`,
    bytes: t`Size`,
    recipients: t`Recipients`,
    rejects: t`Refused`,
    'auth failures': t`Failed logins`,
    failures: t`Failures`,
    logins: t`Logins`,
    sent: t`Delivered`,
    deferred: t`Deferred`,
    bounced: t`Bounced`,
    hour: t`Hour`,
    'usual per hour': t`Usual`,
    deviations: t`Deviations`,
    day: t`Day`,
    received: t`Received`,
    problem: t`Problem`,
    deferral: t`Reason`,
    last: t`Last`,
  };
  return (column) => words[column] ?? column;
}
