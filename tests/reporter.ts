/**
 * vitest reporter for the test command (run.mjs): one JSON line per finished test, written as it happens, so that
 * nothing is lost when a run hangs or is killed. vitest's own JSON has no reason for a skipped test.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

export type TestLine = {
  state: 'passed' | 'failed' | 'skipped';
  name: string;
  file: string;
  ms: number;
  /** Why it was skipped, or what failed (also at the first of two tries). */
  detail?: string | undefined;
  /** Passed, but not at the first try. */
  second?: boolean;
};

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite or test is skipped, for the list at the end of a run. */
    reason?: string;
  }
}

const file = process.env.POSTDECK_TEST_REPORT;

function text(error: SerializedError): string {
  const head = `${error.name ?? 'Error'}: ${error.message}`;
  const diff = typeof error.diff === 'string' ? `\n${error.diff}` : '';
  const stack = typeof error.stack === 'string' ? error.stack.split('\n').filter((l) => /^\s+at /.test(l)) : [];
  const own = stack.filter((l) => !l.includes('/node_modules/'));
  return [head + diff, ...(own.length > 0 ? own : stack).slice(0, 8)].join('\n');
}

/** The reason given with the test, or with a suite around it; or that such a suite failed before the test's turn. */
function reasonOf(task: TestCase): string {
  const result = task.result();
  if (result.state === 'skipped' && result.note) return result.note;
  for (let at: TestCase | TestSuite | TestModule = task; ; at = at.parent) {
    const { reason } = at.meta();
    if (reason) return reason;
    if (at.type === 'suite' && at.errors().length > 0) return `not run: "${at.fullName}" failed in a hook`;
    if (at.type === 'module') return task.options.mode === 'todo' ? 'to do' : 'no reason given';
  }
}

export default class LineReporter implements Reporter {
  onInit(): void {
    if (file) writeFileSync(file, '');
  }

  onTestCaseResult(task: TestCase): void {
    const result = task.result();
    if (result.state === 'pending' || result.state === 'skipped') return;
    line(task, result.state, (result.errors ?? []).map(text).join('\n') || undefined);
  }

  /** A hook of the suite failed: its tests have no result of their own. */
  onTestSuiteResult(suite: TestSuite): void {
    if (suite.errors().length > 0) failure(suite.fullName, suite.module.relativeModuleId, suite.errors());
  }

  onTestModuleEnd(module: TestModule): void {
    if (module.errors().length > 0) failure('(file)', module.relativeModuleId, module.errors());
    for (const task of module.children.allTests('skipped')) line(task, 'skipped', reasonOf(task));
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    if (errors.length > 0) failure('(outside of any test)', '', errors);
  }
}

function line(task: TestCase, state: TestLine['state'], detail: string | undefined): void {
  const ms = Math.round(task.diagnostic()?.duration ?? 0);
  const second = task.diagnostic()?.flaky === true;
  write({ state, name: task.fullName, file: task.module.relativeModuleId, ms, detail, ...(second ? { second } : {}) });
}

function failure(name: string, inFile: string, errors: readonly SerializedError[]): void {
  write({ state: 'failed', name, file: inFile, ms: 0, detail: errors.map(text).join('\n') });
}

function write(result: TestLine): void {
  const detail = result.detail === undefined ? undefined : stripVTControlCharacters(result.detail);
  if (file) appendFileSync(file, `${JSON.stringify({ ...result, detail })}\n`);
}
