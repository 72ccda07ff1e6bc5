import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';
import { operationTable } from './scripts/operation-table.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Run with `--conditions=waybill-source`: the table of operations is read from the contract's sources.
export default defineConfig({
  root: at('.'),
  plugins: [react(), operationTable()],
  resolve: { conditions: ['waybill-source'] },
  // The policy of the page allows no data: addresses.
  build: {
    outDir: at('../../dist/apps/dashboard'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // Those that know light-dark(): the themes are one list of colours.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
  },
  server: {
    proxy: {
      '/api': {
        target: loadEnv('development', at('.'), 'WAYBILL_')['WAYBILL_URL'] ?? 'http://127.0.0.1:8421',
        // The api compares Origin with the host that was asked.
        changeOrigin: false,
      },
    },
  },
});
