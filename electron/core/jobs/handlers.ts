import type { Edge } from '../door/edge.ts';
import type { Jobs } from './jobs.ts';

export function jobHandlers(os: Edge, jobs: Jobs) {
  return {
    list: os.jobs.list.handler(() => jobs.list()),
    watch: os.jobs.watch.handler(({ signal }) => jobs.watch(signal)),
    show: os.jobs.show.handler(({ input }) => jobs.show(input.jobId)),
    cancel: os.jobs.cancel.handler(({ input }) => jobs.cancel(input.jobId)),
  };
}
