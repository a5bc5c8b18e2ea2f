import type { QueueFilter, QueueGroup, QueueGroupBy, QueueMessage, QueueRow, QueueSort } from '#shared/model/queue.ts';
import type { Client } from '../../api/wire.ts';
import { PagedRows } from '../../ui/grid/paged-rows.ts';

/** What the grid shows of the last reading. */
export interface View {
  serverId: string;
  filter: QueueFilter;
  sort: QueueSort;
  group: QueueGroupBy | null;
  collapsed: readonly string[];
}

export interface Totals {
  matched: number;
  matchedSize: number;
  total: number;
}

/** Rows of a queue: messages, under the heads of their groups. Every page is kept, so that a row's group is known. */
export class RowSource extends PagedRows<View, QueueRow, Totals> {
  constructor(client: Client) {
    super(
      async (view, offset, count, signal) => {
        const input = { ...view, collapsed: [...view.collapsed], offset, count };
        const { rows, totalRows, matched, matchedSize, total } = await client.queue.window(input, { signal });
        return { rows, count: totalRows, head: { matched, matchedSize, total } };
      },
      (view) => view.serverId,
    );
  }

  messageAt(index: number): QueueMessage | undefined {
    const row = this.rowAt(index);
    return row?.kind === 'message' ? row.message : undefined;
  }

  /** Head of the group a row stands in, as far as it is loaded. */
  groupAbove(index: number): { index: number; group: QueueGroup; collapsed: boolean } | undefined {
    const at = this.above(index, (row) => row.kind === 'group');
    const row = at === undefined ? undefined : this.rowAt(at);
    return at !== undefined && row?.kind === 'group'
      ? { index: at, group: row.group, collapsed: row.collapsed }
      : undefined;
  }

  /** Index of a message among the loaded rows. */
  indexOfMessage(id: string): number | undefined {
    return this.indexOf((row) => row.kind === 'message' && row.message.id === id);
  }

  /** Messages of a group that is shown closed. Rows before its head do not depend on it, so its place stays. */
  async groupRows(head: number, group: QueueGroup): Promise<QueueRow[]> {
    const { view } = this;
    if (view === null) return [];
    const open = { ...view, collapsed: view.collapsed.filter((key) => key !== group.key) };
    return this.range(head + 1, head + 1 + group.count, open);
  }
}
