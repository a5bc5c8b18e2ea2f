import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'pl', 'nb'],
  catalogs: [
    {
      path: '<rootDir>/resources/locales/{locale}',
      include: ['<rootDir>/renderer', '<rootDir>/shared', '<rootDir>/electron'],
      exclude: ['**/node_modules/**'],
    },
  ],
  // No line numbers: they would change every catalogue with every edit above a message.
  format: formatter({ lineNumbers: false }),
});
