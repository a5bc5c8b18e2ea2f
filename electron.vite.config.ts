import { resolve } from 'node:path';
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { compile } from './electron/log-index/compiled/compile.ts';
import { PROGRAMS } from './electron/log-index/compiled/programs.ts';

if (Number(process.versions.node.split('.')[0]) < 22) throw new Error('Node >= 22.12 needed');

// Absolute paths: a relative `input` breaks the optimizer's scan in dev.
const at = (path: string) => resolve(import.meta.dirname, path);

/** The inner loops of an ingest, beside the threads that run them. */
const programs = {
  name: 'postdeck:programs',
  async generateBundle(this: { emitFile: (file: { type: 'asset'; fileName: string; source: Uint8Array }) => string }) {
    for (const program of PROGRAMS) {
      const source = await compile(program, at('electron/log-index'));
      this.emitFile({ type: 'asset', fileName: program.file, source });
    }
  },
};

export default defineConfig({
  main: {
    // The shell's menu and dialogs take their words from the same catalogues as the page.
    plugins: [lingui(), programs],
    build: {
      sourcemap: true,
      rolldownOptions: {
        input: {
          main: at('electron/shell/main.ts'),
          desktop: at('electron/hosts/desktop.ts'),
          web: at('electron/hosts/web.ts'),
          cli: at('electron/hosts/cli.ts'),
          // Worker threads: electron/core/logs/thread/start.ts finds them by these names.
          'log-thread': at('electron/core/logs/thread/main.ts'),
          'log-worker': at('electron/log-index/scan/worker.ts'),
        },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload must be one CommonJS file that requires only `electron`.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('electron/shell/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [lingui({ macroTransform: true }), react()],
    server: { host: '127.0.0.1' },
    build: { minify: true, rolldownOptions: { input: at('renderer/index.html') } },
  },
});
