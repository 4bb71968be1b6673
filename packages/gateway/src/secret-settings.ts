/** Settings that are secrets, or name files that hold some. */
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
  return path === "" ? null : fileText(path, `the file ${path}`);
}

/** Both files or none, and a key that fits. */
export function tlsOf(cert: string | null, key: string | null): TlsFiles | null | SettingFault {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) {
    return new SettingFault(
      "COUNTERMAND_TLS_CERT_FILE and COUNTERMAND_TLS_KEY_FILE: set both, or none",
    );
  }
  try {
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const { message } = error as Error;
    return new SettingFault(
      `COUNTERMAND_TLS_CERT_FILE and COUNTERMAND_TLS_KEY_FILE do not fit together: ${message}`,
    );
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
