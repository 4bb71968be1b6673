// Pages have one title, and their links lead somewhere.

import { type Fault, type RepoFile, resolveFrom } from "./file.ts";

const LINK = /\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;

export function markdownFaults(files: readonly RepoFile[]): Fault[] {
  const pages = files.filter((file) => file.path.endsWith(".md"));
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page)]));
  return pages.flatMap((page) => [...titleFaults(page), ...linkFaults(page, files, anchors)]);
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
  let fence: string | null = null;
  return text.split("\n").map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const inCode = fence !== null || mark !== undefined;
    if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence) === true) fence = null;
    if (inCode) return "";
    return keepCodeSpans ? line : line.replace(/`[^`]*`/g, "``");
  });
}
