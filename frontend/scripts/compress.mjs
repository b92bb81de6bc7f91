// Writes a .br and a .gz beside every file that gets smaller by it; the server picks what the browser takes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const LARGE = 1024 * 1024; // bytes; the best quality would take ten seconds there, to save a tenth

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || /\.(br|gz|png)$/.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  const quality = plain.length > LARGE ? 9 : constants.BROTLI_MAX_QUALITY;
  for (const [ending, packed] of [
    [".br", brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } })],
    [".gz", gzipSync(plain, { level: 9 })],
  ]) {
    if (packed.length < plain.length) writeFileSync(path + ending, packed);
  }
}
