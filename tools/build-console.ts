// `npm run build-console`: bundles the console into the files that the gateway serves. The same
// sources give the same bytes, so what is committed can be compared with a fresh build.

import { join } from "node:path";
import { build } from "vite";

const CONSOLE = join(import.meta.dirname, "..", "packages", "console");

/** Builds into a folder, in place of what it holds. */
export async function buildConsole(outDir: string): Promise<void> {
  await build({
    root: CONSOLE,
    configFile: false,
    base: "/console/",
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      modulePreload: { polyfill: false },
      // The policy allows no data URLs in scripts and styles: every asset is a file.
      assetsInlineLimit: 0,
    },
  });
}

if (import.meta.main) await buildConsole(join(CONSOLE, "built"));
