import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

const SCALAR = "node_modules/@scalar/api-reference/dist/browser/standalone.js";
const read = (path: string) => readFileSync(new URL(path, import.meta.url));
const api = process.env.API_URL ?? "http://127.0.0.1:8000";

/** The files of the API's docs page, which the server writes: under names that carry their content's hash. */
const docs: Plugin = {
  name: "docs",
  apply: "build",
  buildStart() {
    this.emitFile({ type: "chunk", name: "docs", id: "src/docs/docs.ts" });
    this.emitFile({ type: "asset", name: "docs.css", source: read("src/docs/docs.css") });
    this.emitFile({ type: "asset", name: "scalar.js", source: read(SCALAR) });
  },
};

export default defineConfig({
  plugins: [solid(), docs],
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    // The content security policy allows neither data: URLs nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    port: Number(process.env.DEV_PORT ?? 5173),
    strictPort: true,
    proxy: { "/tasks": api, "/health": api, "/openapi.json": api, "/api": api, "/docs": api, "/assets": api },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
