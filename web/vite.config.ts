// How the console is built: hashed files below dist/assets, which the binary embeds. Nothing is fetched from elsewhere.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.QUELL_SERVER ?? 'http://localhost:7400';

// The server takes commands from its own pages only; behind this proxy, these are its pages.
const proxy = {
  target: server,
  changeOrigin: true,
  configure: (proxied: { on(event: 'proxyReq', run: (request: { setHeader(name: string, value: string): void }) => void): void }) =>
    proxied.on('proxyReq', (request) => request.setHeader('origin', server)),
};

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Inlined files would be `data:` addresses, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
  },
  // `npx vite` in this folder serves the sources, and everything else from a running server.
  server: { proxy: { '/api': proxy, '/auth': proxy } },
});
