import { dialog } from 'electron';
import { text } from '#shared/model/text.ts';
import { say } from './words.ts';

/** The host ended by itself. Resolves to what the person wants. */
export async function askAfterLoss(words: string | null): Promise<'restart' | 'quit'> {
  const next = say(
    text(
      /*i18n*/ {
        id: 'shell.lost.detail',
        message:
          'Changes that were under way are marked as interrupted. After the restart, look at Changes: nothing is repeated by itself.',
      },
    ),
  );
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Postdeck',
    message: say(text(/*i18n*/ { id: 'shell.lost', message: 'The console stopped unexpectedly' })),
    detail: words === null ? next : `${words}\n\n${next}`,
    buttons: [
      say(text(/*i18n*/ { id: 'shell.lost.restart', message: 'Restart' })),
      say(text(/*i18n*/ { id: 'shell.lost.quit', message: 'Quit' })),
    ],
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
    message: say(
      text(
        /*i18n*/ { id: 'shell.quit', message: '{jobs, plural, one {# job is running} other {# jobs are running}}' },
        { jobs },
      ),
    ),
    detail: say(
      text(
        /*i18n*/ {
          id: 'shell.quit.detail',
          message:
            '{jobs, plural, one {Quitting cancels it.} other {Quitting cancels them.}} What was done stays done and is in the journal.',
        },
        { jobs },
      ),
    ),
    buttons: [
      say(text(/*i18n*/ { id: 'shell.quit.keep', message: 'Keep running' })),
      say(text(/*i18n*/ { id: 'shell.quit.cancel', message: 'Cancel jobs and quit' })),
    ],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}
