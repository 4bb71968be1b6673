/** What a newcomer sees: where it listens, the sandbox keys, and commands that work when pasted. */
import type { SandboxKey } from "./sandbox.ts";
import type { SandboxKeys } from "./sandbox-keys.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";

/** For `--help`: the settings that a first start may want; all are in the reference. */
export const USAGE = `Usage: npm start

Runs an order gateway; Ctrl-C stops it. It takes no arguments: settings come from the
environment, or from the file that COUNTERMAND_CONFIG_FILE names. For example:

  COUNTERMAND_PORT=0 npm start              listen on any free port, and print it
  COUNTERMAND_DATA_DIR=/tmp/try npm start   keep all data there
  COUNTERMAND_SANDBOX_MARKET=off npm start  an empty book, without simulated traders
  COUNTERMAND_PROFILE=production npm start  no demo keys; refuses unsafe settings

All settings are in docs/reference/config.md.
`;

/** What production prints: no keys, nothing to paste. The last line is the sandbox's, too. */
export function productionWelcome(url: string, operatorUrl: string | null): string {
  const lines = [
    "",
    "Countermand, production profile. Accounts and keys come from the operator API.",
    ...(operatorUrl === null ? [] : [`operator API ${operatorUrl}`]),
    `countermand ready ${url}`,
    "",
  ];
  return lines.join("\n");
}

/**
 * Text for standard output. The line `countermand ready URL` is scripted against and comes last.
 */
export function welcome(
  url: string,
  operatorUrl: string | null,
  sandbox: SandboxKeys,
  consoleLink: string | null,
): string {
  const { keys, path, areNew } = sandbox;
  const [first] = keys;
  const shown = path === null || areNew;
  const lines = [
    "",
    "Countermand, sandbox profile: an order gateway with its own exchange.",
    ...noticeLines(sandbox),
    "",
    ...(consoleLink === null ? [] : consoleLines(consoleLink)),
    ...(shown ? [...keyLines(keys), ""] : []),
    ...(path === null ? commandLines(url) : []),
    ...(shown && first !== undefined ? commands(url, first) : []),
    ...(operatorUrl === null ? [] : [`operator API ${operatorUrl}`]),
    `countermand ready ${url}`,
    "",
  ];
  return lines.join("\n");
}

function consoleLines(link: string): string[] {
  return [
    "Open in a browser (the link works once, within ten minutes; later: npx countermand console)",
    "",
    `    ${link}`,
    "",
  ];
}

/** Random keys are shown once: what is printed lands in logs. */
function noticeLines({ path, areNew }: SandboxKeys): string[] {
  if (path === null) {
    return ["No real money is involved. The demo keys are public, so it listens on loopback only."];
  }
  if (!areNew) return [`No real money is involved. The keys were printed once and are in ${path}.`];
  return [
    "No real money is involved. These keys are new and are printed only this once;",
    `they are kept in ${path}.`,
  ];
}

function keyLines(keys: readonly SandboxKey[]): string[] {
  return keys.map(({ apiKey, secret, account }) => {
    return `    key ${apiKey.padEnd(12)} secret ${secret.padEnd(15)} account ${account}`;
  });
}

/** The command line knows the demo keys and the default address by itself. */
function commandLines(url: string): string[] {
  const where = url === DEFAULT_URL ? "" : ` --url ${url}`;
  return [
    "Place and cancel an order, in another shell:",
    "",
    `    npx countermand place buy 00700 100 --price 423.83 --reference hello${where}`,
    `    npx countermand cancel --reference hello${where}`,
    "",
  ];
}

function commands(url: string, first: SandboxKey): string[] {
  return [
    "The same over HTTP: paste these blocks one by one (bash or zsh, with curl, openssl and perl).",
    "",
    ...signingCommands(url, first),
    "",
    "# 1. Place an order",
    "signed POST /trade/v1/orders '{",
    '  "market": "hkex", "symbol": "00700", "order_side": "buy",',
    '  "order_type": "enhanced_limit_order", "price": 423.83, "qty": 1000,',
    '  "reference_id": "my-first"',
    "}'",
    "",
    "# 2. Cancel it",
    `signed DELETE /trade/v1/orders '{"order_no": "", "reference_id": "my-first"}'`,
    "",
    "# 3. List orders",
    "signed GET /trade/v1/orders 'page_index=1&page_size=20'",
    "",
    "# 4. Look at the market: best prices, last trades (public, not signed)",
    'curl -sS "$base/market/v1/depth?symbol=00700&levels=5"; echo',
    'curl -sS "$base/market/v1/trades?symbol=00700&limit=5"; echo',
    "",
    "# 5. Watch every change of every order, from the first one on (Ctrl-C ends it)",
    "watch_orders after_seq=0",
    "",
  ];
}

/**
 * Two shell functions. A second has one timestamp in the portable `date`, and the same signed bytes
 * are the same request: three random digits keep two requests apart. The stream's handshake is made
 * by hand: curl shows the frames as they come, perl drops their few header bytes
 * and the closing frame.
 */
function signingCommands(url: string, { apiKey, secret }: SandboxKey): string[] {
  return [
    "# 0. How a request is signed: METHOD|path|timestamp|body, or the query where there is no body",
    `base=${reachable(url)} key=${apiKey} secret=${secret}`,
    'now_ms() { echo "$(date +%s)$((RANDOM % 900 + 100))"; }',
    'sign() { printf %s "$1" | openssl dgst -sha256 -hmac "$secret" -binary | base64; }',
    "signed() {",
    '  local m=$1 target=$2 content=$3 t="$(now_ms)"; local s="$(sign "$m|$target|$t|$content")"',
    '  set -- -X "$m" -H "X-API-Key: $key" -H "X-API-Timestamp: $t" -H "X-API-Signature: $s"',
    '  if [ "$m" = GET ]; then target="$target?$content"',
    '  else set -- "$@" -H "Content-Type: application/json" --data-raw "$content"; fi',
    '  curl -sS "$@" "$base$target"; echo',
    "}",
    "watch_orders() {",
    '  local target=/ws/trade/v1 t="$(now_ms)"; local s="$(sign "CONNECT|$target|$t|$1")"',
    '  set -- "$1" -H "X-API-Key: $key" -H "X-API-Timestamp: $t" -H "X-API-Signature: $s" \\',
    '    -H "Connection: Upgrade" -H "Upgrade: websocket" -H "Sec-WebSocket-Version: 13" \\',
    '    -H "Sec-WebSocket-Key: Y291bnRlcm1hbmQtLS0tLQ=="',
    '  local query=$1; shift; curl -sSN --http1.1 -o - "$@" "$base$target?$query" |',
    `    perl -e '$| = 1; $/ = "}}"; while (<STDIN>) { s/^.*?(?=\\{"type)//s; s/\\}[^}]*$/}/;`,
    `      s/\\}[\\x80-\\xff].{1,9}?(?=\\{"type)/}\\n/gs; print "$_\\n" if /^\\{/ }'`,
    "}",
  ];
}

/** Where it listens on every address, this machine's own is one of them. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
