// Fails the build when the web app's JavaScript outgrows what a phone on a slow line should have to load.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 30 * 1024; // bytes of gzip, of all scripts that the page loads
const dist = new URL("../dist/", import.meta.url);
const read = (path) => readFileSync(new URL(path, dist));

const size = scriptsOf("index.html").reduce(
  (sum, path) => sum + gzipSync(read(path), { level: 9 }).length,
  0,
);
console.log(`${(size / 1024).toFixed(1)} KB of JavaScript (gzip), of ${BUDGET / 1024}`);
if (size > BUDGET) process.exitCode = 1;

function scriptsOf(page) {
  const found = new Set(
    [
      ...read(page)
        .toString()
        .matchAll(/assets\/[\w.-]+\.js/g),
    ].map(([path]) => path),
  );
  for (const path of found) {
    for (const [, name] of read(path)
      .toString()
      .matchAll(/["'`]\.\/([\w.-]+\.js)["'`]/g))
      found.add(`assets/${name}`);
  }
  return [...found];
}
