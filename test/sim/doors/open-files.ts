/** `sys/open-files.ts` of a simulated process: as many as anybody wants. */
export function openFilesMax(): number {
  return Number.POSITIVE_INFINITY;
}
