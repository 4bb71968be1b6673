/**
 * The sample configuration of nginx with the real nginx: all of `behind-proxy.ts`.
 *
 *   node test/e2e/behind-nginx.ts
 *
 * Needs nginx and openssl. Exit code 0: everything was as without it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkBehind, sampleWith } from "./behind-proxy.ts";
import { ROOT } from "./gateway-process.ts";

const SAMPLE = join(ROOT, "deploy", "nginx", "countermand.conf");

await checkBehind(({ place, port, gatewayHost, tls }) => {
  const sample = sampleWith(SAMPLE, [
    ["127.0.0.1:8080", gatewayHost],
    ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
    ["/etc/countermand/tls", tls],
  ]);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${place.path(name)};`)
    .join("\n");
  const main = `daemon off; master_process off; pid ${place.path("nginx.pid")}; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
${temporary}
${sample}
}
`;
  const path = place.path("nginx.conf");
  writeFileSync(path, main);
  return place.run("nginx", ["-c", path, "-p", place.folder]);
});
