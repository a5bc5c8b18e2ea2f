import { Trans } from '@lingui/react/macro';
import { IconFolderOpen } from '@tabler/icons-react';
import { type DragEvent, type ReactNode, useState } from 'react';
import css from './open-logs.module.css';
import { type Chosen, droppedFiles } from './send-files.ts';

function hasFiles(event: DragEvent): boolean {
  return [...event.dataTransfer.types].includes('Files');
}

/** The whole Logs screen takes files and folders that are dropped on it, whatever it shows. */
export function DropAnywhere(props: { onFiles: (files: readonly Chosen[]) => void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  const take = async (data: DataTransfer) => {
    const files = await droppedFiles(data);
    if (files.length > 0) props.onFiles(files);
  };
  return (
    // A place to drop on needs no role: the same is reached by the buttons and the path field of the files view.
    <div
      className={css.anywhere}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer);
      }}
    >
      {props.children}
      {over && (
        <div className={css.veil} role="status">
          <div className={css.veilText}>
            <IconFolderOpen size={22} aria-hidden="true" />
            <Trans>Drop log files or folders to index them</Trans>
          </div>
        </div>
      )}
    </div>
  );
}
