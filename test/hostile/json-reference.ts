/**
 * What JSON is, by an independent witness: the engine's own reader for the grammar, and a walk over
 * the tokens for what the contract refuses beyond it. Shares nothing with the gateway's reader.
 */

const DEPTH_MAX = 32;
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gsu;

/** Whether the bytes are JSON that the contract takes. */
export function isJsonOfOurs(bytes: Uint8Array): boolean {
  const text = decoded(bytes);
  if (text === null || !isJson(text)) return false;
  return walk(text.match(TOKENS) ?? []);
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Precondition: the tokens are those of a text that is JSON. */
function walk(tokens: readonly string[]): boolean {
  const open: (Set<string> | null)[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > DEPTH_MAX) return false;
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token.startsWith('"')) {
      const string = JSON.parse(token) as string;
      if (!string.isWellFormed()) return false;
      if (tokens[index + 1] !== ":") continue;
      const names = open.at(-1);
      if (string === "__proto__" || names?.has(string) === true) return false;
      names?.add(string);
    }
  }
  return true;
}
