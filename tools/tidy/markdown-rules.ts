// Pages have one title, their links lead somewhere, and what they name is there.

import { posix } from "node:path";
import { type Fault, type RepoFile, resolveFrom } from "./file.ts";

const LINK = /\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;

export function markdownFaults(files: readonly RepoFile[]): Fault[] {
  const pages = files.filter((file) => file.path.endsWith(".md"));
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page)]));
  const names = namesIn(files);
  return pages.flatMap((page) => [
    ...titleFaults(page),
    ...linkFaults(page, files, anchors),
    ...nameFaults(page, names),
  ]);
}

function titleFaults(page: RepoFile): Fault[] {
  const titles = prose(page.text).flatMap((line, index) => (/^# /.test(line) ? [index + 1] : []));
  const [first, second] = titles;
  const fault = (line: number, message: string) => [
    { rule: "markdown-title", path: page.path, line, message },
  ];
  if (first === undefined) return fault(0, "a page has a title");
  return second === undefined ? [] : fault(second, "a page has one title");
}

function linkFaults(
  page: RepoFile,
  files: readonly RepoFile[],
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): Fault[] {
  return prose(page.text).flatMap((line, index) =>
    [...line.matchAll(LINK)].flatMap(([, link = ""]) => {
      const message = linkFault(page.path, link, files, anchors);
      return message === null
        ? []
        : [{ rule: "markdown-link", path: page.path, line: index + 1, message }];
    }),
  );
}

function linkFault(
  path: string,
  link: string,
  files: readonly RepoFile[],
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | null {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return null; // Leads out of the repository.
  const [target = "", anchor] = link.split("#");
  const file = target === "" ? path : resolveFrom(path, decodeURI(target)).replace(/\/$/, "");
  const exists = files.some((one) => one.path === file || one.path.startsWith(`${file}/`));
  if (!exists && file !== ".") return `"${link}" leads to nothing: ${file} does not exist`;
  const known = anchors.get(file);
  if (anchor === undefined || known === undefined || known.has(anchor)) return null;
  return `"${link}" leads to nothing: ${file} has no heading "#${anchor}"`;
}

/** What a page may name. */
interface Names {
  /** Files, and the folders that they are in. */
  readonly paths: ReadonlySet<string>;
  /** Folders at the root; a name that begins with none of them is not of this repository. */
  readonly roots: ReadonlySet<string>;
  /** What `npm run` knows; null where the files have no package.json. */
  readonly scripts: ReadonlySet<string> | null;
}

function namesIn(files: readonly RepoFile[]): Names {
  const paths = new Set<string>();
  for (const { path } of files) {
    for (let at = path; at !== "."; at = posix.dirname(at)) paths.add(at);
  }
  const roots = files.filter(({ path }) => path.includes("/")).map(({ path }) => rootOf(path));
  const manifest = files.find(({ path }) => path === "package.json");
  const { scripts = {} } = JSON.parse(manifest?.text ?? "{}") as { scripts?: object };
  return {
    paths,
    roots: new Set(roots),
    scripts: manifest === undefined ? null : new Set(Object.keys(scripts)),
  };
}

function rootOf(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

/** A path, whole: not the beginning of a pattern such as `docs/*.md`. */
const NAMED_PATH = /(?<![\w./<-])\.?\w[\w.-]*(?:\/[\w.-]+)+(?![\w*<{$/])/g;
const NAMED_SCRIPT = /npm run ([\w:-]+)/g;

/** Files, folders and scripts that the page's code names and that are not there. */
function nameFaults(page: RepoFile, { paths, roots, scripts }: Names): Fault[] {
  return code(page.text).flatMap((line, index) => {
    const named = [...line.matchAll(NAMED_PATH)].map(([path]) => path.replace(/\.$/, ""));
    const missing = named.filter((path) => roots.has(rootOf(path)) && !paths.has(path));
    const unknown = [...line.matchAll(NAMED_SCRIPT)]
      .map(([, script = ""]) => script)
      .filter((script) => scripts?.has(script) === false);
    const messages = [
      ...missing.map((path) => `${path} does not exist`),
      ...unknown.map((script) => `package.json has no script "${script}"`),
    ];
    return messages.map((message) => {
      return { rule: "markdown-name", path: page.path, line: index + 1, message };
    });
  });
}

/** The anchors that a repository host makes of a page's headings. */
function anchorsOf(page: RepoFile): Set<string> {
  const found = new Set<string>();
  for (const line of prose(page.text, { keepCodeSpans: true })) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replace(LINK, (whole) => /\[([^\]]*)\]/.exec(whole)?.[1] ?? "")
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\- _]/gu, "")
      .replaceAll(" ", "-");
    let unique = slug;
    for (let count = 1; found.has(unique); count += 1) unique = `${slug}-${count}`;
    found.add(unique);
  }
  return found;
}

/** The lines of a page, those of code blocks and the contents of code spans blanked. */
function prose(text: string, { keepCodeSpans = false } = {}): string[] {
  return lines(text).map(({ line, isCode }) => {
    if (isCode) return "";
    return keepCodeSpans ? line : line.replace(CODE_SPAN, "``");
  });
}

/** The lines of a page, all but code blocks and the contents of code spans blanked. */
function code(text: string): string[] {
  return lines(text).map(({ line, isCode }) => {
    return isCode ? line : (line.match(CODE_SPAN) ?? []).join(" ");
  });
}

const CODE_SPAN = /`[^`]*`/g;

function lines(text: string): { readonly line: string; readonly isCode: boolean }[] {
  let fence: string | null = null;
  return text.split("\n").map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const isCode = fence !== null || mark !== undefined;
    if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence) === true) fence = null;
    return { line, isCode };
  });
}
