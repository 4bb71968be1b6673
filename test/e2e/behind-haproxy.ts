/**
 * The sample configuration of HAProxy with the real HAProxy: all of `behind-proxy.ts`.
 *
 *   node test/e2e/behind-haproxy.ts
 *
 * Needs haproxy and openssl. Exit code 0: everything was as without it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkBehind, sampleWith } from "./behind-proxy.ts";
import { ROOT } from "./gateway-process.ts";

const SAMPLE = join(ROOT, "deploy", "haproxy", "countermand.conf");

await checkBehind(({ place, port, gatewayHost, tls }) => {
  const sample = sampleWith(SAMPLE, [
    ["127.0.0.1:8080", gatewayHost],
    ["bind :443 ssl", `bind 127.0.0.1:${port} ssl`],
    ["/etc/countermand/tls/both.pem", join(tls, "both.pem")],
    // Requests that never end are among those sent, and each is waited for.
    ["timeout http-request 15s", "timeout http-request 2s"],
  ]);
  const path = place.path("haproxy.conf");
  writeFileSync(path, sample);
  return place.run("haproxy", ["-db", "-q", "-f", path]);
});
