import type { Change, ChangeRequest, Plan, SafeCopies } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { ask, canAsk } from './ask.ts';
import { EXIT, exitOfChange } from './exit.ts';
import { follow } from './follow.ts';
import { isClosedPipe } from './output.ts';
import { renderText } from './render-text.ts';
import type { Session } from './session.ts';
import { facts } from './table.ts';
import { showAge, showSize } from './units.ts';

/** Groups of targets shown to a person before asking. */
const GROUPS_SHOWN = 10;
/** Lines of a diff shown for one file or table. */
const DIFF_SHOWN = 40;

/** The one way of the terminal to write: plan, show, agree, apply, follow, tell. Answers the exit code. */
export async function runChange(
  session: Session,
  server: ServerProfile | null,
  what: { request: ChangeRequest } | { undo: string },
  reason: string | null,
): Promise<number> {
  const { client, out, options, signal } = session;
  const makePlan = () =>
    'request' in what
      ? client.changes.plan({ request: what.request }, { signal })
      : client.changes.planUndo({ changeId: what.undo }, { signal });
  const plan = server === null ? await makePlan() : await session.onServer(server, makePlan);
  await out.one({ plan: toJson(plan) }, () => planLines(plan));
  if (options.dryRun || plan.targets === 0) {
    await client.changes.discard({ planId: plan.id });
    return EXIT.done;
  }
  if (!options.yes && !(await agreed(plan, signal))) {
    await client.changes.discard({ planId: plan.id });
    throw new Failure(
      'CONFIRM_NEEDED',
      text(/*i18n*/ { id: 'cli.confirm-needed', message: 'Nothing was changed: the plan was not agreed to' }),
      { hint: text(/*i18n*/ { id: 'cli.confirm-needed.hint', message: 'Give --yes to apply without being asked' }) },
    );
  }
  const { changeId, job } = await client.changes.apply(
    { planId: plan.id, reason, understood: plan.undo === 'none' },
    { signal },
  );
  const failure = await follow(session, job);
  const change = await client.changes.show({ changeId });
  // A reader that has left (`| head`) does not change what was done, nor the exit code that says so.
  await out
    .one({ change: changeJson(change) }, () => changeLines(change))
    .catch((error: unknown) => {
      if (!isClosedPipe(error)) throw error;
    });
  if (failure !== null) await out.failure(failure).catch(() => undefined); // or nobody is left to read it
  if (change.status === 'interrupted') out.note(`How far it got: postdeck changes reconcile ${change.id}`);
  return exitOfChange(change.status, change.applied);
}

async function agreed(plan: Plan, signal: AbortSignal): Promise<boolean> {
  if (!canAsk()) return false;
  const final = plan.undo === 'none';
  const question = final ? 'This cannot be undone. Type yes to apply:' : 'Apply? [y/N]';
  const answer = (await ask(question, signal)).trim().toLowerCase();
  return final ? answer === 'yes' : answer === 'y' || answer === 'yes';
}

/** The plan as programs see it. */
function toJson(plan: Plan) {
  return {
    id: plan.id,
    kind: plan.request.kind,
    server: plan.serverName,
    title: renderText(plan.title),
    steps: plan.steps.map((step) => ({ title: renderText(step.title), command: step.command })),
    targets: plan.targets,
    warnings: plan.warnings.map(renderText),
    undo: plan.undo,
  };
}

function changeJson(change: Change) {
  const left = change.skipped.map(({ target, why }) => ({ target, why: renderText(why) }));
  return {
    id: change.id,
    status: change.status,
    applied: change.applied,
    failed: change.failed.map(({ target, why }) => ({ target, why: renderText(why) })),
    verified: change.verified === true,
    // Only when something was left alone, since then `applied` alone would not explain the status.
    ...(left.length > 0 ? { skipped: left } : {}),
  };
}

function planLines(plan: Plan): string[] {
  const lines = [`${renderText(plan.title)}${plan.demo ? '  (demo server)' : ''}`, `  ${renderText(plan.effect)}`];
  if (plan.targets === 0) return lines;
  lines.push(`  Runs as ${renderText(plan.runAs)}:`);
  for (const step of plan.steps) {
    lines.push(`    ${step.command}`);
    if (step.stdin === null) continue;
    // 0: known only once it is made.
    const size = step.stdin.bytes > 0 ? ` (${showSize(step.stdin.bytes)})` : '';
    lines.push(`      < ${renderText(step.stdin.what)}${size}`);
  }
  lines.push(`  Targets: ${plan.targets}${plan.size > 0 ? `, ${showSize(plan.size)}` : ''}`);
  for (const group of plan.groups.slice(0, GROUPS_SHOWN)) {
    const oldest = group.oldest === null ? '' : `, oldest ${showAge(group.oldest)}`;
    lines.push(`    ${group.count}  ${group.key === '' ? '<>' : group.key}  (${showSize(group.size)}${oldest})`);
  }
  const more = plan.groupsTotal - Math.min(plan.groups.length, GROUPS_SHOWN);
  if (more > 0) lines.push(`    and ${more} more senders`);
  for (const { place, lines: changed, more } of plan.diff ?? []) {
    lines.push(`  ${place}:`, ...changed.slice(0, DIFF_SHOWN).map(({ sign, text: line }) => `    ${sign} ${line}`));
    const left = more + Math.max(0, changed.length - DIFF_SHOWN);
    if (left > 0) lines.push(`    and ${left} more lines`);
  }
  if (plan.safeCopies !== null) lines.push(`  Safe copies: ${copiesLine(plan.safeCopies)}`);
  for (const warning of plan.warnings) lines.push(`  Note: ${renderText(warning)}`);
  lines.push(`  Undo: ${plan.undo}. ${renderText(plan.undoNote)}`);
  return lines;
}

/** How many safe copies, how large, and for how long. */
function copiesLine({ count, bytes, estimated, keptUntil }: SafeCopies): string {
  const size = `${estimated ? 'about ' : ''}${showSize(bytes)}`;
  return `${count}, ${size} on this computer, kept until ${keptUntil.slice(0, 10)}`;
}

/** Outcomes shown to a person; all of them are in `changes show ID --json`. */
const OUTCOMES_SHOWN = 20;

function changeLines(change: Change): string[] {
  const lines = [`Change ${change.id}: ${change.status}, ${change.applied} of ${change.targets} applied`];
  const outcomes = [
    ...change.failed.map(({ target, why }) => `  failed      ${target}  ${renderText(why)}`),
    ...change.skipped.map(({ target, why }) => `  left alone  ${target}  ${renderText(why)}`),
  ];
  lines.push(...outcomes.slice(0, OUTCOMES_SHOWN));
  const more = change.failedTotal + change.skippedTotal - Math.min(outcomes.length, OUTCOMES_SHOWN);
  if (more > 0) lines.push(`  and ${more} more: postdeck changes show ${change.id}`);
  if (change.verified !== null)
    lines.push(`  Read back from the server: ${change.verified ? 'as asked' : 'not as asked'}`);
  for (const note of change.notes) lines.push(`  ${renderText(note)}`);
  if (change.undoable) lines.push(`  Undo: postdeck changes undo ${change.id}`);
  return lines;
}

/** A change of the journal, in full. */
export function journalLines(change: Change): string[] {
  return [
    ...facts([
      ['Change', `${change.id}  ${renderText(change.title)}`],
      ['Server', `${change.serverName}${change.demo ? ' (demo)' : ''}`],
      ['Status', change.status],
      ['Who', change.who],
      ['Reason', change.reason],
      ['Started', change.startedAt],
      ['Ended', change.endedAt],
      ['Undo', change.undoable ? `possible: ${renderText(change.undoNote)}` : renderText(change.undoNote)],
      ['Copies', change.safeCopies === null ? null : copiesLine(change.safeCopies)],
      ['Undo of', change.undoOf],
      ['Undone by', change.undoneBy],
    ]),
    ...changeLines(change),
    'Commands:',
    ...change.commands.flatMap((ran) => [
      `  ${ran.command}`,
      `    ${ran.exit === null ? (ran.signal ?? 'cut off') : `exit ${ran.exit}`}, ${Math.round(ran.ms)} ms`,
      ...(ran.output === '' ? [] : ran.output.split('\n').map((line) => `    | ${line}`)),
    ]),
  ];
}
