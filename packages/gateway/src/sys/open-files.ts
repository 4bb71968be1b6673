/** How many files and sockets the system lets this process have open at a time. */
export function openFilesMax(): number {
  // The network part of the report would look up the names of all peers.
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as ResourceReport;
  const soft = userLimits?.open_files?.soft;
  return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY;
}

/** Missing on Windows, which has no such limit; `unlimited` is a word. */
interface ResourceReport {
  readonly userLimits?: { readonly open_files?: { readonly soft: number | string } };
}
