/** What a newcomer sees: where it listens, the sandbox keys, and commands that work when pasted. */
import { SANDBOX_KEYS } from "./sandbox.ts";

/**
 * Text for standard output; the line `countermand ready URL` is scripted against and comes last.
 */
export function welcome(url: string): string {
  const [first] = SANDBOX_KEYS;
  const apiKey = first?.apiKey ?? "";
  const secret = first?.secret ?? "";
  const keys = SANDBOX_KEYS.map((key) => {
    return `    key ${key.apiKey.padEnd(12)} secret ${key.secret.padEnd(15)} account ${key.account}\n`;
  });
  return `
Countermand, sandbox profile: an order gateway with an exchange of its own.
Nothing here is real money. The demo keys are public, so it listens on loopback only.

${keys.join("")}
Paste into another shell (bash or zsh, with curl and openssl), one block after the other.

# 0. How a request is signed
${signingFunction(url, apiKey, secret)}

# 1. Place an order
signed POST /trade/v1/orders '{"market":"hkex","order_type":"enhanced_limit_order","symbol":"00700","order_side":"buy","price":423.83,"qty":1000,"reference_id":"my-first"}'

# 2. Cancel it
signed DELETE /trade/v1/orders '{"order_no":"","reference_id":"my-first"}'

# 3. List orders
signed GET /trade/v1/orders page_index=1\\&page_size=20

# 4. Watch every change of every order, from the first one on (Ctrl-C ends it)
${watchCommand(url, apiKey, secret)}

countermand ready ${url}
`;
}

function signingFunction(url: string, apiKey: string, secret: string): string {
  return `signed() { local m=$1 p=$2 b=$3 t="$(date +%s)$((RANDOM % 900 + 100))" q=; [ "$m" = GET ] && q="?$b"
  local s="$(printf %s "$m|$p|$t|$b" | openssl dgst -sha256 -hmac ${secret} -binary | base64)"
  [ "$m" = GET ] && b=; curl -sS -X "$m" "${url}$p$q" -H "X-API-Key: ${apiKey}" -H "X-API-Timestamp: $t" \\
    -H "X-API-Signature: $s" -H 'Content-Type: application/json' \${b:+--data-raw "$b"}; echo; }`;
}

/**
 * The handshake by hand: curl shows the frames as they come, their two to four header bytes
 * included.
 */
function watchCommand(url: string, apiKey: string, secret: string): string {
  return `t="$(date +%s)000"; q=after_seq=0; curl -sSN --http1.1 -o - "${url}/ws/trade/v1?$q" \\
  -H "X-API-Key: ${apiKey}" -H "X-API-Timestamp: $t" \\
  -H "X-API-Signature: $(printf %s "CONNECT|/ws/trade/v1|$t|$q" | openssl dgst -sha256 -hmac ${secret} -binary | base64)" \\
  -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \\
  -H 'Sec-WebSocket-Key: Y291bnRlcm1hbmQtLS0tLQ==' | tr -cd '[:print:]\\n' | sed 's/{"type"/\\n&/g'`;
}
