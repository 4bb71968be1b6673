/**
 * Programs for Node as few files: one for each entry, each thread and the parts they share, in one
 * folder. Reading some hundred modules takes as long as everything else that a start does.
 */
import { buildSync, type OutputFile } from "esbuild";

/**
 * @param entries files of programs and of threads
 * @param external packages that stay outside
 * @returns what belongs into the folder `outdir`; nothing is written
 */
export function bundleNode(
  entries: readonly string[],
  external: readonly string[],
  outdir: string,
): OutputFile[] {
  return buildSync({
    entryPoints: [...entries],
    entryNames: "[name]",
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: [...external],
    write: false,
  }).outputFiles;
}
