// Who may import whom, and that every source file is reached from somewhere.

import { type Fault, isSource, isTest, type RepoFile, resolveFrom } from "./file.ts";
import { importedModules } from "./source-text.ts";

interface Direction {
  /** Folder the row speaks of. The first row that fits a file applies. */
  readonly from: string;
  /** Folders and files of ours that may be imported. */
  readonly ours: readonly string[];
  /** Whether packages and Node's modules may be imported. Tests always may. */
  readonly packages: boolean;
}

const MODEL = ["packages/core/src/assert.ts", "packages/core/src/model/"];
const MONEY = "packages/core/src/money/";
const LIMITS = "packages/core/src/limits/";
const ORDER = [...MODEL, "packages/core/src/order/"];
const SESSION = [...MODEL, "packages/core/src/exchange/", "packages/core/src/rules/"];

/** Import directions. A file always may import from the folder of its own row. */
export const DIRECTIONS: readonly Direction[] = [
  { from: "packages/core/src/model/", ours: MODEL, packages: false },
  { from: "packages/core/src/order/", ours: ORDER, packages: false },
  { from: "packages/core/src/money/", ours: ORDER, packages: false },
  { from: "packages/core/src/rules/", ours: MODEL, packages: false },
  { from: "packages/core/src/limits/", ours: ORDER, packages: false },
  { from: "packages/core/src/desk/", ours: [...ORDER, MONEY, LIMITS], packages: false },
  { from: "packages/core/src/exchange/", ours: MODEL, packages: false },
  { from: "packages/core/src/control/", ours: [...MODEL, LIMITS], packages: false },
  { from: "packages/core/src/session/", ours: SESSION, packages: false },
  { from: "packages/core/src/market-data/", ours: MODEL, packages: false },
  { from: "packages/core/src/participants/", ours: MODEL, packages: false },
  { from: "packages/core/", ours: [], packages: false },
  { from: "packages/contract/", ours: ["packages/core/src/model/"], packages: false },
  { from: "packages/client/", ours: [], packages: false },
  { from: "packages/console/", ours: ["packages/client/src/"], packages: true },
  {
    from: "packages/cli/",
    ours: [
      "packages/client/src/",
      "packages/contract/src/limits.ts",
      "packages/gateway/src/main.ts",
      "packages/gateway/src/replay/replay-command.ts",
      "packages/gateway/src/offline.ts",
    ],
    packages: true,
  },
  { from: "packages/gateway/src/sys/", ours: [], packages: true },
  {
    from: "packages/gateway/",
    ours: ["packages/core/src/", "packages/contract/src/"],
    packages: true,
  },
  // What it writes is made from the schemas.
  { from: "tools/wire-types.ts", ours: ["packages/contract/src/"], packages: true },
  { from: "tools/", ours: [], packages: true },
  { from: "test/", ours: ["packages/", "tools/", "bench/"], packages: true },
  { from: "bench/", ours: ["packages/", "test/", "tools/"], packages: true },
];

/** Files that are run or read by name rather than imported. */
const ENTRIES: readonly RegExp[] = [
  /^packages\/console\/src\/main\.tsx$/,
  /\.test\.ts$/,
  /^tools\/[^/]+\.(ts|mjs)$/,
  /^bench\/[^/]+\.ts$/,
  /^test\/(?:sim\/main|upgrade\/write-fixture)\.ts$/,
  /^test\/e2e\/(behind-nginx|behind-haproxy|packed|image|crash\/run)\.ts$/,
  /^(?:test\/hostile|bench\/load)\/run\.ts$/,
  /^test\/properties\/[^/]+\.ts$/,
  /^packages\/cli\/src\/main\.ts$/,
  /^packages\/gateway\/src\/http\/docs-page\.mjs$/,
];

/** Folders of the packages by their names, and the file behind each of their doors. */
type Doors = ReadonlyMap<string, string>;

interface ResolvedImport {
  readonly from: RepoFile;
  readonly specifier: string;
  readonly line: number;
  /** Path of ours, or null for a package or a module of Node. */
  readonly target: string | null;
}

export function importFaults(files: readonly RepoFile[]): Fault[] {
  const doors = packageDoors(files);
  const imports = files
    .filter((file) => isSource(file.path))
    .flatMap((file) => resolve(file, doors));
  return [
    ...imports.flatMap(directionFault),
    ...imports.flatMap((one) => deepImportFault(one)),
    ...unreachedFaults(files, imports, doors),
  ];
}

function resolve(file: RepoFile, doors: Doors): ResolvedImport[] {
  return importedModules(file.text, file.code).map(({ specifier, line }) => {
    const isRelative = specifier.startsWith(".");
    // An unknown door of ours keeps its name: no row of the table allows it.
    const ours = specifier.startsWith("@countermand/") ? (doors.get(specifier) ?? specifier) : null;
    return {
      from: file,
      specifier,
      line,
      target: isRelative ? resolveFrom(file.path, specifier) : ours,
    };
  });
}

function directionFault({ from, specifier, line, target }: ResolvedImport): Fault[] {
  const row = DIRECTIONS.find((direction) => from.path.startsWith(direction.from));
  const fault = (message: string) => [{ rule: "import-direction", path: from.path, line, message }];
  if (row === undefined) return fault("no row of DIRECTIONS in tools/tidy/import-rules.ts fits");
  if (target === null) {
    return row.packages || isTest(from.path)
      ? []
      : fault(`${row.from} imports no packages and nothing of Node, was "${specifier}"`);
  }
  const isAllowed = [row.from, ...row.ours].some((folder) => target.startsWith(folder));
  const isForTest = isTest(from.path) && target.startsWith("packages/");
  return isAllowed || isForTest ? [] : fault(`${row.from} does not import ${target}`);
}

/** Between packages only doors are used: a relative path must not leave its own package. */
function deepImportFault({ from, specifier, line, target }: ResolvedImport): Fault[] {
  if (!specifier.startsWith(".") || target === null) return [];
  const home = packageOf(from.path);
  if (home === null || packageOf(target) === home) return [];
  const message = `import other packages by name, was "${specifier}"`;
  return [{ rule: "deep-import", path: from.path, line, message }];
}

function packageOf(path: string): string | null {
  return /^packages\/[^/]+\//.exec(path)?.[0] ?? null;
}

function unreachedFaults(
  files: readonly RepoFile[],
  imports: readonly ResolvedImport[],
  doors: Doors,
): Fault[] {
  const reached = new Set<string>(doors.values());
  for (const { from, target } of imports) {
    if (target !== null && target !== from.path) reached.add(target);
  }
  return files
    .filter(({ path }) => isSource(path) && !reached.has(path))
    .filter(({ path }) => !ENTRIES.some((entry) => entry.test(path)))
    .map(({ path }) => ({
      rule: "unreached-file",
      path,
      line: 0,
      message: "nothing imports this file: delete it, or import it",
    }));
}

/** The doors that the packages' own `exports` open, by the name others import. */
function packageDoors(files: readonly RepoFile[]): Doors {
  const doors = new Map<string, string>();
  for (const file of files) {
    if (!/^packages\/[^/]+\/package\.json$/.test(file.path)) continue;
    const manifest = JSON.parse(file.text) as { name: string; exports?: Record<string, string> };
    for (const [door, target] of Object.entries(manifest.exports ?? {})) {
      doors.set(`${manifest.name}${door.slice(1)}`, resolveFrom(file.path, target));
    }
  }
  return doors;
}
