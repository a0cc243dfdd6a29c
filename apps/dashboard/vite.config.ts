import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './build/compress-assets-plugin.ts';
import { statechartLayout } from './build/statechart-layout-plugin.ts';

/**
 * `YARDMASTER_URL` names a running server that `vite` passes API requests on to while the dashboard is worked on.
 * Start that server with `YARDMASTER_PUBLIC_URL=http://localhost:5173`, so that it takes changes from vite's page.
 */
const server = process.env.YARDMASTER_URL ?? 'http://localhost:4000';

export default defineConfig({
  plugins: [react(), tailwindcss(), statechartLayout(), compressAssets()],
  build: {
    rolldownOptions: {
      treeshake: {
        // Our packages only declare things: what the dashboard does not use of them need not be loaded.
        moduleSideEffects: [{ test: /\/packages\/(domain|protocol)\/src\//, sideEffects: false }],
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/sign-in': { target: server },
    },
  },
});
