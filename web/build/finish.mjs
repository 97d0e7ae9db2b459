// After the build: compresses what the server hands out, and fails where the console has outgrown its budgets.
//
// A browser gets `.br` or `.gz`; the plain files are removed, since a server never sends them.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
const KIB = 1024;
// What is loaded before the first screen; what one screen adds; everything that is embedded.
const SHELL_GZIP_MAX = 260 * KIB;
const ROUTE_GZIP_MAX = 250 * KIB;
const ALL_BROTLI_MAX = 3 * KIB * KIB;

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'));
rmSync(join(DIST, '.vite'), { recursive: true });

const sizes = new Map();
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) compress(join(entry.parentPath, entry.name));
}
judge();

function compress(path) {
  const plain = readFileSync(path);
  const gzip = gzipSync(plain, { level: 9 });
  const brotli = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  });
  writeFileSync(`${path}.gz`, gzip);
  writeFileSync(`${path}.br`, brotli);
  rmSync(path);
  sizes.set(path.slice(DIST.length), { gzip: gzip.length, brotli: brotli.length });
}

function judge() {
  const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
  const shell = filesOf(entry, new Set());
  const routes = Object.values(manifest)
    .filter((chunk) => chunk.isDynamicEntry)
    .map((chunk) => ({ name: chunk.name, size: gzipOf(filesOf(chunk, new Set(shell)), shell) }))
    .sort((a, b) => b.size - a.size);
  const all = [...sizes.values()].reduce((sum, size) => sum + size.brotli, 0);
  const largest = routes[0] ?? { name: 'none', size: 0 };

  console.log(`console: shell ${kib(gzipOf(shell))} of ${kib(SHELL_GZIP_MAX)} gzip; largest lazy route ${largest.name} ` +
    `${kib(largest.size)} of ${kib(ROUTE_GZIP_MAX)} gzip; all ${kib(all)} of ${kib(ALL_BROTLI_MAX)} brotli`);
  for (const route of routes) console.log(`  ${kib(route.size).padStart(10)}  ${route.name}`);
  const over = gzipOf(shell) > SHELL_GZIP_MAX || largest.size > ROUTE_GZIP_MAX || all > ALL_BROTLI_MAX;
  if (over) {
    console.error('console: over its budget');
    process.exit(1);
  }
}

/** A chunk, its styles, and what it imports before it runs. */
function filesOf(chunk, seen) {
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const style of chunk.css ?? []) seen.add(style);
  for (const key of chunk.imports ?? []) filesOf(manifest[key], seen);
  return seen;
}

function gzipOf(files, without = new Set()) {
  let sum = 0;
  for (const file of files) if (!without.has(file)) sum += sizes.get(file)?.gzip ?? 0;
  return sum;
}

function kib(bytes) {
  return `${(bytes / KIB).toFixed(1)} KiB`;
}
