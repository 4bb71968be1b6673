/**
 * Who the command line is and where the gateway is: from a profile file, or from the environment.
 * Secrets come from files, the environment or the standard input, never from an argument: arguments
 * are seen by every user of the machine.
 */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Credentials } from "@countermand/client";
import { isPrivateKey, privateKeyText } from "./ed25519.ts";
import { UsageError } from "./exit-codes.ts";
import { readNamed } from "./terminal.ts";

/** A gateway and a key of it. */
export interface Profile {
  readonly url: string;
  readonly apiKey: string;
  /** Text, or the private key in PEM where the key is an Ed25519 key. */
  readonly secret: string;
}

export type Profiles = Readonly<Record<string, Profile>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** The sandbox as it is after `countermand serve`; its keys are public. */
export const SANDBOX_PROFILE: Profile = {
  url: "http://127.0.0.1:8080",
  apiKey: "demo-key",
  secret: "demo-secret",
};
export const DEFAULT_PROFILE = "sandbox";

/** Only the owner may read it. */
const FILE_MODE = 0o600;
const OTHERS = 0o077;

export function profilePath(environment: Environment): string {
  const configured = environment["COUNTERMAND_PROFILES"];
  if (configured !== undefined && configured !== "") return configured;
  const home = environment["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return join(home, "countermand", "profiles.json");
}

/**
 * The profiles of a file; none when there is no file.
 * @throws UsageError others may read the file, or it is not of the right form
 */
export function readProfiles(path: string): Profiles {
  let text: string;
  try {
    if (process.platform !== "win32" && (statSync(path).mode & OTHERS) !== 0) {
      throw new UsageError(`${path} holds secrets and others may read it: chmod 600 ${path}`);
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if ((error as { code?: string }).code === "ENOENT") return {};
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
  return parseProfiles(path, text);
}

/** Adds or replaces one; the file is never half written, also where power fails. */
export function writeProfile(path: string, name: string, profile: Profile): void {
  const profiles = { ...readProfiles(path), [name]: profile };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // A link to where somebody keeps the file stays one.
  const file = statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
  const fresh = `${file}.new`;
  // One that was left behind keeps the mode it was made with.
  rmSync(fresh, { force: true });
  const descriptor = openSync(fresh, "wx", FILE_MODE);
  try {
    fchmodSync(descriptor, FILE_MODE);
    writeFileSync(descriptor, `${JSON.stringify(profiles, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
}

/** What the client library signs with. @throws UsageError the private key is none */
export function credentialsOf({ apiKey, secret }: Profile): Credentials {
  if (!isPrivateKey(secret)) return { apiKey, secret };
  return { apiKey, privateKey: privateKeyText(secret) };
}

export interface ProfileChoice {
  readonly profile?: string;
  readonly url?: string;
}

/**
 * What a command works with: the named profile, else the environment's key, else the sandbox's.
 * `COUNTERMAND_URL` and `--url` replace the profile's address.
 * @throws UsageError the profile does not exist, or a key comes without its secret
 */
export function chosenProfile(choice: ProfileChoice, environment: Environment): Profile {
  // An empty variable is one that is not set.
  const name = choice.profile ?? (environment["COUNTERMAND_PROFILE_NAME"] || undefined);
  const fromKey = name === undefined ? environmentProfile(environment) : null;
  const profile = fromKey ?? namedProfile(name ?? DEFAULT_PROFILE, environment);
  const url = choice.url ?? (environment["COUNTERMAND_URL"] || profile.url);
  return { ...profile, url: addressOf(url) };
}

/** Whether it is the sandbox's, which is taken where nobody chose one. */
export function isPublicKey({ apiKey, secret }: Profile): boolean {
  return apiKey === SANDBOX_PROFILE.apiKey && secret === SANDBOX_PROFILE.secret;
}

/** @throws UsageError `localhost:8080` is a URL, too: of a scheme that nobody speaks */
export function addressOf(text: string): string {
  if (/^https?:/i.test(text) && URL.canParse(text)) {
    const { hash, password, search, username } = new URL(text);
    // Nothing is told of a password.
    if (`${password}${username}` !== "") {
      throw new UsageError("the address of a gateway has no user and no password in it");
    }
    if (`${hash}${search}` === "") return text;
  }
  throw new UsageError(`not the address of a gateway, such as ${SANDBOX_PROFILE.url}: ${text}`);
}

/** The address of a path of the gateway, whose own address may have a path behind a proxy. */
export function addressAt(url: string, path: string): string {
  return url.replace(/\/+$/, "") + path;
}

function namedProfile(name: string, environment: Environment): Profile {
  const path = profilePath(environment);
  const profiles = readProfiles(path);
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found !== undefined) return found;
  if (name === DEFAULT_PROFILE) return SANDBOX_PROFILE;
  const names = Object.keys(profiles).join(", ") || "none";
  throw new UsageError(`no profile ${name} in ${path}; there are: ${names}`);
}

function environmentProfile(environment: Environment): Profile | null {
  const apiKey = environment["COUNTERMAND_API_KEY"];
  if (apiKey === undefined || apiKey === "") return null;
  const file = environment["COUNTERMAND_API_SECRET_FILE"];
  const secret = file ? readNamed(file).trim() : environment["COUNTERMAND_API_SECRET"];
  if (secret === undefined || secret === "") {
    throw new UsageError(
      "COUNTERMAND_API_KEY is set without COUNTERMAND_API_SECRET or COUNTERMAND_API_SECRET_FILE",
    );
  }
  return { url: SANDBOX_PROFILE.url, apiKey, secret };
}

function parseProfiles(path: string, text: string): Profiles {
  const wrong = new UsageError(
    `${path} is not of the form {"NAME": {"url": "…", "apiKey": "…", "secret": "…"}}`,
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (typeof parsed !== "object" || parsed === null) throw wrong;
  for (const profile of Object.values(parsed)) if (!isProfile(profile)) throw wrong;
  return parsed as Profiles;
}

function isProfile(value: unknown): value is Profile {
  if (typeof value !== "object" || value === null) return false;
  const { url, apiKey, secret } = value as Partial<Profile>;
  return [url, apiKey, secret].every((text) => typeof text === "string" && text !== "");
}
