// Names, sizes and lines of files.

import { type Fault, isSource, type RepoFile } from "./file.ts";
import { lineAt } from "./source-text.ts";

const COLUMNS_MAX = 100;
/** A line with a text in quotes may be a little longer: cutting a sentence makes it no clearer. */
const COLUMNS_WITH_TEXT_MAX = 110;

/** A file longer than this is split by the state it owns; 400 is the aim. */
const LINES_MAX = 700;

const FILE_BYTES_MAX = 256 * 1024;

const EXTENSIONS: readonly string[] = [
  "conf",
  "css",
  "csv",
  "html",
  "json",
  "jsonl",
  "md",
  "mjs",
  "service",
  "sql",
  "svg",
  "ts",
  "tsx",
  "txt",
  "yaml",
  "yml",
];

/** Files whose name is fixed by the tool that reads them. */
const NAMES_WITHOUT_EXTENSION: readonly string[] = [
  ".ci/nightly",
  ".ci/run",
  ".dockerignore",
  ".editorconfig",
  ".gitattributes",
  ".gitignore",
  ".npmrc",
  "Dockerfile",
  "LICENSE",
];

/**
 * Nouns that say nothing about what is inside. `data-dir-lock` is a lock, so its noun is fine;
 * market data is a term of its own.
 */
const VAGUE_NOUN = /(?:^|[-.])(utils?|helpers?|common|misc|managers?|(?<!market-)data|info)$/;

/** Places that exist on one machine only, and hosts that a mirror replaces. */
const MACHINE_PLACES = /\/(?:work|root|home|Users)\/[\w.]|\bregistry\.[\w-]+\.(?:org|com)\b/g;

export function fileFaults(files: readonly RepoFile[]): Fault[] {
  return files.flatMap((file) => [
    ...nameFaults(file),
    ...sizeFaults(file),
    ...columnFaults(file),
    ...machineFaults(file),
  ]);
}

function nameFaults({ path }: RepoFile): Fault[] {
  const fault = (rule: string, message: string) => [{ rule, path, line: 0, message }];
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = name.includes(".", 1) ? name.slice(name.lastIndexOf(".") + 1) : "";
  const isBinary =
    (extension === "png" && path.startsWith("docs/images/")) ||
    (extension === "br" && path.startsWith("test/upgrade/"));
  const isKnown =
    isBinary || EXTENSIONS.includes(extension) || NAMES_WITHOUT_EXTENSION.includes(path);
  const nouns = path.replace(/(?:\.test)?\.[a-z]+$/, "").split("/");
  const vague = nouns.map((noun) => VAGUE_NOUN.exec(noun)?.[1]).find((word) => word !== undefined);
  return [
    ...(isKnown ? [] : fault("file-extension", `allowed are: ${EXTENSIONS.join(", ")}`)),
    ...(vague === undefined ? [] : fault("vague-name", `"${vague}" says nothing: name the noun`)),
  ];
}

function sizeFaults({ path, text, sizeBytes }: RepoFile): Fault[] {
  const fault = (message: string) => [{ rule: "file-size", path, line: 0, message }];
  if (sizeBytes > FILE_BYTES_MAX) {
    return fault(`${sizeBytes} bytes, the limit is ${FILE_BYTES_MAX}`);
  }
  const lineCount = text.split("\n").length - 1;
  return isSource(path) && lineCount > LINES_MAX
    ? fault(`${lineCount} lines, the limit is ${LINES_MAX}: split it by the state it owns`)
    : [];
}

function columnFaults({ path, text }: RepoFile): Fault[] {
  if (!isSource(path) && path !== ".ci/run") return [];
  return text.split("\n").flatMap((line, index) => {
    const columns = [...line].length;
    const max = /["'`]/.test(line) ? COLUMNS_WITH_TEXT_MAX : COLUMNS_MAX;
    if (columns <= max) return [];
    const message = `${columns} columns, the limit is ${max}`;
    return [{ rule: "line-length", path, line: index + 1, message }];
  });
}

function machineFaults({ path, text }: RepoFile): Fault[] {
  return [...text.matchAll(MACHINE_PLACES)].map((match) => ({
    rule: "machine-place",
    path,
    line: lineAt(text, match.index),
    message: `"${match[0]}" exists on one machine only: write a relative path or a neutral name`,
  }));
}
