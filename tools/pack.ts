/**
 * The packages as they are published: JavaScript and declarations in place of the sources, which
 * Node does not run inside node_modules. Writes one tarball a package to build/packages, and beside
 * them what `npm ci` needs to install them as they were tested.
 *
 *   npm run pack
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { bundleNode } from "./bundle-node.ts";

const ROOT = join(import.meta.dirname, "..");
const PACKAGES = join(ROOT, "packages");
const BUILD = join(ROOT, "build");
const EMITTED = join(BUILD, "emitted");
const STAGED = join(BUILD, "staged");
const TARBALLS = join(BUILD, "packages");

/** What is started as a server: it reads a few files, not some hundred modules (decision 29). */
const SERVER = "gateway";

/** Whoever operates the gateway has this package on the machine: unit, settings, runbook. */
const OPERATORS = "cli";
const FOR_OPERATORS = ["deploy", "docs"] as const;

/** The command line is what people type: `npx countermand`. */
const PUBLISHED_NAMES: Readonly<Record<string, string>> = { "@countermand/cli": "countermand" };
/** Programs that a package runs by path or as a thread, told by this form alone. */
const THREAD_SOURCE = /(new URL\("\.[^"]*)\.ts(", import\.meta\.url\))/g;
const THREAD = /new URL\("\.\/([^"]+)\.js", import\.meta\.url\)/g;
/** Relative imports that the compiler leaves as they are in declarations. */
const IMPORT_SOURCE = /((?:from|import\() ?"\.[^"]*)\.ts"/g;

const OWN_SCOPE = "@countermand/";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  /** What a bundle for browsers takes in place of a file. */
  readonly browser?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly link?: boolean }>>;
}

/** As this program has written it. */
interface StagedManifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { types: string; default: string }>>;
}

rmSync(BUILD, { recursive: true, force: true });
run(process.execPath, [
  join("node_modules", "typescript", "bin", "tsc"),
  "-p",
  "tsconfig.pack.json",
]);
const folders = readdirSync(PACKAGES).filter((name) =>
  existsSync(join(PACKAGES, name, "package.json")),
);
const staged = folders.map(stage);
linkStaged();
bundle(join(STAGED, SERVER));
mkdirSync(TARBALLS);
run("npm", ["pack", "--silent", "--pack-destination", TARBALLS, ...staged]);
lockInstallation();
for (const name of readdirSync(TARBALLS)) {
  process.stdout.write(`${relative(ROOT, join(TARBALLS, name))}\n`);
}

/** Gives the folder that holds what is published of a package. */
function stage(folder: string): string {
  const source = join(PACKAGES, folder);
  const target = join(STAGED, folder);
  const manifest = readJson<Manifest>(join(source, "package.json"));
  mkdirSync(target, { recursive: true });
  const built = join(source, "built");
  const isBuilt = existsSync(built);
  if (isBuilt) {
    // What runs in a browser is bundled already, and committed.
    cpSync(built, join(target, "built"), { recursive: true });
  } else {
    copyEmitted(join(EMITTED, folder, "src"), join(target, "dist"));
    copyAssets(join(source, "src"), join(target, "dist"));
  }
  const more = folder === OPERATORS ? FOR_OPERATORS : [];
  for (const each of more) cpSync(join(ROOT, each), join(target, each), { recursive: true });
  cpSync(join(ROOT, "LICENSE"), join(target, "LICENSE"));
  const readme = join(source, "README.md");
  cpSync(existsSync(readme) ? readme : join(ROOT, "README.md"), join(target, "README.md"));
  const contents = [isBuilt ? "built" : "dist", ...more];
  writeJson(join(target, "package.json"), publishedManifest(manifest, contents));
  return target;
}

/** Lets the staged packages find each other, so that they run where they are. */
function linkStaged(): void {
  const scope = join(STAGED, "node_modules", "@countermand");
  mkdirSync(scope, { recursive: true });
  for (const folder of folders) symlinkSync(join(STAGED, folder), join(scope, folder));
}

/**
 * Puts one file for each entry and each thread, and the parts they share, in place of a staged
 * package's modules. All of them lie beside each other, so that a thread's `./name.js` is found
 * from whatever file its code went into.
 */
function bundle(target: string): void {
  const path = join(target, "package.json");
  const manifest = readJson<StagedManifest>(path);
  const dist = join(target, "dist");
  const modules = filesOf(dist).filter((file) => file.endsWith(".js"));
  const threads = modules.flatMap((file) => {
    const names = [...readFileSync(file, "utf8").matchAll(THREAD)].map(([, name = ""]) => name);
    return names.map((name) => join(dirname(file), `${name}.js`));
  });
  const entries = Object.values(manifest.exports).filter((entry) => entry.default.endsWith(".js"));
  const external = Object.keys(manifest.dependencies).filter((name) => !name.startsWith(OWN_SCOPE));
  const programs = entries.map((entry) => join(target, entry.default));
  const bundled = bundleNode([...programs, ...threads], external, dist);
  for (const file of modules) rmSync(file);
  for (const file of bundled) writeFileSync(file.path, file.contents);
  for (const file of filesOf(dist)) {
    // Assets go where the code that looks for them has gone.
    if (file.endsWith(".mjs")) renameSync(file, join(dist, basename(file)));
  }
  for (const entry of entries) entry.default = `./dist/${basename(entry.default)}`;
  writeJson(path, manifest);
}

/**
 * Makes the folder of the tarballs one that `npm ci` installs: the packages, their dependencies in
 * the versions of this repository's lock file, and its Node for whoever has no other.
 */
function lockInstallation(): void {
  const root = readJson<Manifest>(join(ROOT, "package.json"));
  const dependencies = Object.fromEntries(
    staged.map((folder) => {
      const { name, version } = readJson<Manifest>(join(folder, "package.json"));
      return [name, `file:${name.replace("@", "").replace("/", "-")}-${version}.tgz`];
    }),
  );
  const { version, optionalDependencies } = root;
  const described = { name: "countermand-installation", version, private: true };
  const manifest = { ...described, dependencies, optionalDependencies };
  writeJson(join(TARBALLS, "package.json"), manifest);
  const lock = readJson<LockFile>(join(ROOT, "package-lock.json"));
  // What is not needed npm leaves out; what is ours it reads from the tarballs.
  const kept = Object.entries(lock.packages).filter(([path, { link }]) => {
    return path.startsWith("node_modules/") && link !== true;
  });
  const packages = { "": manifest, ...Object.fromEntries(kept) };
  writeJson(join(TARBALLS, "package-lock.json"), { ...lock, name: manifest.name, packages });
  cpSync(join(ROOT, ".npmrc"), join(TARBALLS, ".npmrc"));
  run("npm", ["install", "--silent", "--offline", "--package-lock-only"], TARBALLS);
}

function copyEmitted(from: string, to: string): void {
  for (const path of filesOf(from)) {
    const text = readFileSync(path, "utf8")
      .replace(THREAD_SOURCE, "$1.js$2")
      .replace(IMPORT_SOURCE, '$1.js"');
    const target = join(to, relative(from, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** Whatever lies among the sources and is none: pages, styles, plain JavaScript. */
function copyAssets(from: string, to: string): void {
  for (const path of filesOf(from)) {
    if (!path.endsWith(".ts")) cpSync(path, join(to, relative(from, path)));
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function publishedManifest(manifest: Manifest, contents: readonly string[]): object {
  const { private: _private, bin, browser = {}, exports = {}, name, ...rest } = manifest;
  const inBrowsers = Object.entries(browser).map((paths) => paths.map(emittedPath));
  return {
    ...rest,
    name: PUBLISHED_NAMES[name] ?? name,
    ...(bin === undefined ? {} : { bin: mapped(bin, emittedPath) }),
    ...(inBrowsers.length === 0 ? {} : { browser: Object.fromEntries(inBrowsers) }),
    exports: mapped(exports, (path) => ({
      types: emittedPath(path).replace(/\.js$/, ".d.ts"),
      default: emittedPath(path),
    })),
    files: contents,
  };
}

function emittedPath(path: string): string {
  return path.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, ".js");
}

function mapped<T>(
  record: Readonly<Record<string, string>>,
  of: (path: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, path]) => [key, of(path)]));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function writeJson(path: string, content: object): void {
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

function run(program: string, args: readonly string[], cwd = ROOT): void {
  const { status, error } = spawnSync(program, args, {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}`);
}
