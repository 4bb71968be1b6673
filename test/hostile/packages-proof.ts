/** What the registry knows against the packages that are installed (`npm audit`). */
import { spawnSync } from "node:child_process";
import { CannotRun, none, type Proof, reported } from "../e2e/crash/proof.ts";
import { ROOT } from "../e2e/gateway-process.ts";

interface AuditReport {
  readonly error?: { readonly summary?: string };
  readonly message?: string;
  readonly metadata?: {
    readonly vulnerabilities: Readonly<Record<string, number>>;
    readonly dependencies: { readonly total: number };
  };
}

const TIMEOUT_MS = 120_000;

export const PACKAGES: Proof = {
  name: "packages",
  about: "npm audit: known advisories against what is installed",
  run: async () => {
    const ran = spawnSync("npm", ["audit", "--json"], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    const report = reportIn(ran.stdout ?? "");
    if (report?.metadata === undefined) {
      // An answer that is none says nothing about the packages.
      throw new CannotRun("the registry's audit endpoint is not reachable");
    }
    const { vulnerabilities, dependencies } = report.metadata;
    const rows = Object.entries(vulnerabilities).filter(([severity]) => severity !== "total");
    return [
      reported("packages looked at", String(dependencies.total)),
      ...rows.map(([severity, count]) => none(`advisories, ${severity}`, count)),
    ];
  },
};

function reportIn(text: string): AuditReport | null {
  try {
    return JSON.parse(text) as AuditReport;
  } catch {
    return null;
  }
}
