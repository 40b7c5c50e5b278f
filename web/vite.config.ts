// How the page is built: one script and one style sheet at first, charts when a page wants them; nothing inline, nothing from elsewhere.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** What is bundled, and under which licence: shipped beside it, as the licences ask. */
const BUNDLED = ['preact', 'lightweight-charts', 'fancy-canvas', 'echarts', 'zrender', 'tslib', '@fontsource-variable/inter'];
const NOTICES: Record<string, string> = {
  'lightweight-charts': 'TradingView Lightweight Charts™\nCopyright (с) 2025 TradingView, Inc. https://www.tradingview.com/',
  'fancy-canvas': 'MIT licence. Copyright (c) the authors of fancy-canvas.',
};

function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const parts = BUNDLED.map((name) => {
        const folder = join('node_modules', name);
        const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license: string };
        const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file) && !file.includes('licenses')).sort();
        const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
        return [`${name} ${version} (${license})`, NOTICES[name], ...texts].filter(Boolean).join('\n\n');
      });
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: parts.join(`\n\n${'='.repeat(80)}\n\n`) + '\n' });
    },
  };
}

/** Each file once more in the forms that browsers take compressed: done here, so that the server only copies. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    configResolved: (config) => void (folder = config.build.outDir),
    closeBundle() {
      for (const file of readdirSync(folder)) {
        if (!/\.(js|css|html|svg|txt)$/.test(file)) continue;
        const content = readFileSync(join(folder, file));
        writeFileSync(join(folder, `${file}.gz`), gzipSync(content, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        writeFileSync(join(folder, `${file}.br`), brotliCompressSync(content, { params }));
      }
    },
  };
}

export default defineConfig({
  plugins: [licences(), compressed()],
  build: {
    outDir: process.env['ASSETS'] ?? '../lib/cryptostream/dashboard/assets',
    emptyOutDir: true,
    assetsDir: '',
    // Inlined files would be data: addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        entryFileNames: 'app-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
  // `npx vite` serves the sources; the API is that of a running `cryptostream dashboard`.
  server: { proxy: { '/api': { target: process.env['DASHBOARD'] ?? 'http://127.0.0.1:8080', changeOrigin: true } } },
  test: { include: ['tests/*.test.ts'] },
});
