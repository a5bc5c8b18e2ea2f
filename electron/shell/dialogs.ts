import { dialog } from 'electron';

/** The host ended by itself. Resolves to what the person wants. */
export async function askAfterLoss(words: string | null): Promise<'restart' | 'quit'> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Postdeck',
    message: 'The console stopped unexpectedly',
    detail: `${words === null ? '' : `${words}\n\n`}Changes that were under way are marked as interrupted. After the restart, look at Changes: nothing is repeated by itself.`,
    buttons: ['Restart', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  return response === 0 ? 'restart' : 'quit';
}

/** Quitting while jobs run. Resolves to true to go on. */
export async function confirmQuit(jobs: number): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'Postdeck',
    message: jobs === 1 ? 'A job is running' : `${jobs} jobs are running`,
    detail: 'Quitting cancels them. What was done stays done and is in the journal.',
    buttons: ['Keep running', 'Cancel jobs and quit'],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}
