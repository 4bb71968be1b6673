/** What a listener, or the proxy in front of it, shows of its certificate. */
import { once } from "node:events";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { certificateLife, endsSoon } from "@countermand/gateway/offline";
import { nowMs, timeText } from "./time.ts";

const HTTPS_PORT = 443;
const TIMEOUT_MS = 3_000;
const DAY_MS = 86_400_000;

/** Until when it is good; throws where it should have been renewed by now. */
export async function certificateOf(url: string, now = nowMs()): Promise<string> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  // Whether it is trusted was found out by the requests before.
  const options = { host, port: Number(port) || HTTPS_PORT, rejectUnauthorized: false };
  const socket = connect(isIP(host) === 0 ? { ...options, servername: host } : options);
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const life = certificateLife(String(socket.getPeerX509Certificate()));
    const leftMs = life.untilMs - now;
    const said = `good until ${timeText(life.untilMs / 1_000)}, for ${leftText(leftMs)}`;
    if (endsSoon(life, now)) throw new Error(`${said}: renew it`);
    return said;
  } finally {
    socket.destroy();
  }
}

function leftText(leftMs: number): string {
  const days = Math.floor(leftMs / DAY_MS);
  return days === 1 ? "1 day" : `${days} days`;
}
