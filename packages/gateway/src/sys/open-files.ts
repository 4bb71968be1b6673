/** How many files and sockets a process may have open. */
import { readFileSync } from "node:fs";

/** How many files and sockets the system lets this process have open at a time. */
export function openFilesMax(limitsFile = "/proc/self/limits"): number {
  let limits: string;
  try {
    limits = readFileSync(limitsFile, "latin1");
  } catch {
    return reportedOpenFilesMax(); // Only Linux has the file.
  }
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

/** For every system, but it takes a start some 40 ms: Node describes all of the process for it. */
function reportedOpenFilesMax(): number {
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
