/** Settings that are secrets, or name files that hold some. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { OPERATOR_TOKEN_CHARACTERS_MAX, OPERATOR_TOKEN_CHARACTERS_MIN } from "./operator/limits.ts";
import { SettingFault, type SettingSpec } from "./setting.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A certificate with its chain, and its key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Appended to the name of a secret's setting, it names a file that holds the secret. */
export const FILE = "_FILE";

/** What a setting is set to: in the environment, or for a secret in the file named there. */
export function settingText(
  { env, defaultText, secret }: SettingSpec<unknown>,
  environment: Environment,
): string | SettingFault {
  const text = environment[env]?.trim() || "";
  const path = secret === true ? environment[env + FILE]?.trim() || "" : "";
  if (path === "") return text || defaultText;
  if (text !== "") return new SettingFault(`${env + FILE} is set, too: set one of the two`);
  // Not the path: who mixes the two settings up has put the secret there.
  return fileText(path, `the file that ${env + FILE} names`);
}

export function readToken(text: string): string | null | SettingFault {
  if (text === "") return null;
  const isToken =
    text.length >= OPERATOR_TOKEN_CHARACTERS_MIN &&
    text.length <= OPERATOR_TOKEN_CHARACTERS_MAX &&
    /^[\x21-\x7e]+$/.test(text);
  return isToken
    ? text
    : new SettingFault(
        `must have ${OPERATOR_TOKEN_CHARACTERS_MIN} to ${OPERATOR_TOKEN_CHARACTERS_MAX} ` +
          "characters of printable ASCII without blanks, such as `openssl rand -hex 32` prints",
      );
}

/** The content of a file that must be there where one is named. */
export function readPemFile(path: string): string | null | SettingFault {
  if (path === "") return null;
  return isPem(path) ? new SettingFault(NO_FILE_NAME) : fileText(path, `the file ${path}`);
}

/** Whether somebody has put a key, say, where its file should be named: it is not to be shown. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

export const NO_FILE_NAME = "must name a file, and not be what is in it";

const CERT_FILE = "COUNTERMAND_TLS_CERT_FILE";
const KEY_FILE = "COUNTERMAND_TLS_KEY_FILE";

/** Both files or none, whole, and a key that fits. */
export function tlsOf(cert: string | null, key: string | null): TlsFiles | null | SettingFault {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) {
    return new SettingFault(`${CERT_FILE} and ${KEY_FILE}: set both, or none`);
  }
  for (const [name, pem] of [
    [CERT_FILE, cert],
    [KEY_FILE, key],
  ] as const) {
    if (isCut(pem)) return new SettingFault(`${name}: the file is half written`);
  }
  const problem = pairProblem(cert, key);
  if (problem === null) return { cert, key };
  return new SettingFault(`${CERT_FILE} and ${KEY_FILE} do not fit together: ${problem}`);
}

/**
 * Whether something begins in it that does not end. OpenSSL looks for whole lines that begin a
 * certificate, and takes a chain that is cut within such a line for a shorter one.
 */
function isCut(pem: string): boolean {
  let open: string | null = null;
  for (const line of pem.split("\n")) {
    if (!line.startsWith("-")) continue;
    const [, mark, kind = ""] = /^-----(BEGIN|END) (.+)-----\s*$/.exec(line) ?? [];
    if (mark !== (open === null ? "BEGIN" : "END") || kind !== (open ?? kind)) return true;
    open = mark === "BEGIN" ? kind : null;
  }
  return open !== null;
}

/** Why no connection could be made with them; null if one could. */
function pairProblem(cert: string, key: string): string | null {
  try {
    createSecureContext({ cert, key });
    // OpenSSL compares the two only where both are of the same kind.
    const fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    return fits ? null : "the key is of another kind than the certificate's";
  } catch (error) {
    return (error as Error).message;
  }
}

function fileText(path: string, named: string): string | SettingFault {
  try {
    const content = readFileSync(path, "utf8").trim();
    return content === "" ? new SettingFault(`${named} is empty`) : content;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return new SettingFault(`${named} cannot be read (${code})`);
  }
}
