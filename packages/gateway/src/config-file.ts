/**
 * Settings in a file, one `NAME=value` a line: the form that systemd, Docker and shells read, too.
 * What these take apart differently, quotes and blanks around the equals sign, is refused.
 */
import { readFileSync } from "node:fs";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FileSettings {
  readonly settings: Environment;
  /** A line each, with the place; nothing of a value is shown. */
  readonly faults: readonly string[];
}

const SETTING_LINE = /^([A-Z][A-Z0-9_]*)=(.*)$/;
const SECRET_FILE = "_FILE";

/** Reads a file whole and finds every fault in it. */
export function readConfigFile(path: string, known: ReadonlySet<string>): FileSettings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as { code?: string };
    return { settings: {}, faults: [`the file ${path} cannot be read (${code})`] };
  }
  const settings: Record<string, string> = {};
  const faults: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const setting = settingOf(line.trim(), known, settings);
    if (typeof setting === "string") faults.push(`${path}:${index + 1}: ${setting}`);
    else if (setting !== null) settings[setting.name] = setting.value;
  }
  return { settings, faults };
}

/** Null for a line that says nothing; text says what is wrong. */
function settingOf(
  line: string,
  known: ReadonlySet<string>,
  before: Environment,
): { readonly name: string; readonly value: string } | string | null {
  if (line === "" || line.startsWith("#")) return null;
  const [, name, rest] = SETTING_LINE.exec(line) ?? [];
  if (name === undefined || rest === undefined) return "must be NAME=value, or begin with #";
  if (!known.has(name)) return `there is no setting ${name}`;
  if (before[name] !== undefined) return `${name} is set twice`;
  const value = rest.trim();
  if (/^["']/.test(value)) return `${name}: the value stands without quotes`;
  return { name, value };
}

/** The environment wins, also where it names a secret in the other of its two ways. */
export function underEnvironment(environment: Environment, inFile: Environment): Environment {
  const isSet = (name: string) => (environment[name]?.trim() ?? "") !== "";
  const left = Object.entries(inFile).filter(([name]) => {
    const other = name.endsWith(SECRET_FILE)
      ? name.slice(0, -SECRET_FILE.length)
      : name + SECRET_FILE;
    return !isSet(name) && !isSet(other);
  });
  return { ...environment, ...Object.fromEntries(left) };
}
