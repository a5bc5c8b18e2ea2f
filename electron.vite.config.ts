import { resolve } from 'node:path';
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { compile } from './electron/log-index/scan/compiled/compile.ts';

if (Number(process.versions.node.split('.')[0]) < 22) throw new Error('Node >= 22.12 needed');

// Absolute paths: a relative `input` breaks the optimizer's scan in dev.
const at = (path: string) => resolve(import.meta.dirname, path);

/** The scanner's inner loop, beside the threads that run it. */
const scanner = {
  name: 'postdeck:scanner',
  async generateBundle(this: { emitFile: (file: { type: 'asset'; fileName: string; source: Uint8Array }) => string }) {
    this.emitFile({ type: 'asset', fileName: 'usual.wasm', source: await compile(at('electron/log-index')) });
  },
};

export default defineConfig({
  main: {
    // The shell's menu and dialogs take their words from the same catalogues as the page.
    plugins: [lingui(), scanner],
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
