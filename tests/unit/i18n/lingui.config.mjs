import { resolve } from 'node:path';
import config from '../../../lingui.config.ts';

/** The project's own catalogues, collected into another folder. */
export default {
  ...config,
  rootDir: resolve(import.meta.dirname, '..', '..', '..'),
  catalogs: config.catalogs?.map((catalog) => ({ ...catalog, path: `${process.env['CATALOGUES_DIR']}/{locale}` })),
};
