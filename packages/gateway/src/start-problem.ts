/** What the process says on its way out, in lines of their own. */

type StartError = Error & { readonly code?: string; readonly faults?: readonly string[] };

/** What to do about a failure that the system names and nobody below knows the settings for. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "stop the other process or set COUNTERMAND_PORT, or COUNTERMAND_OPERATOR_PORT",
  EMFILE: "raise the process's limit of open files: ulimit -n, or LimitNOFILE of the service",
  ENFILE: "the whole machine has too many files open: raise fs.file-max, or find who opens them",
};

/** Why it does not start: a line for each fault of the configuration, or one. */
export function startProblem(error: StartError): readonly string[] {
  if (error.faults !== undefined) return error.faults;
  const advice = ADVICE[error.code ?? ""];
  return [advice === undefined ? oneLine(error.message) : `${oneLine(error.message)}; ${advice}`];
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
