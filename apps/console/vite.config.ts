import { defineConfig } from 'vite';

/** Links are relative, so that the page works under whatever prefix a proxy gives it. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2023',
    // the page's policy allows no `data:` addresses
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licences.md' },
  },
});
