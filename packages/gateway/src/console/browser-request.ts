/** What the headers of a browser say: which site a request comes from, and the cookie it holds. */
import type { IncomingHttpHeaders } from "node:http";
import { type Fault, fault } from "@countermand/contract";

/**
 * What is wrong with where a request comes from; null when it is the console's own page. A browser
 * sends `Sec-Fetch-Site` with every request and `Origin` with every one that is no plain GET; a page
 * of another site can set neither.
 */
export function siteFault(headers: IncomingHttpHeaders, needsOrigin: boolean): Fault | null {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && !(site === "none" && !needsOrigin)) {
    return fault("CROSS_SITE_REFUSED", `Sec-Fetch-Site is ${JSON.stringify(site)}`);
  }
  const { origin, host } = headers;
  if (origin === undefined) {
    return needsOrigin ? fault("CROSS_SITE_REFUSED", "Origin is missing") : null;
  }
  if (host !== undefined && hostOf(origin) === host.toLowerCase()) return null;
  return fault("CROSS_SITE_REFUSED", "Origin is not the host that was asked");
}

/**
 * Whether a page was opened by the person, as far as a browser tells: from its address bar, by
 * another program of the machine, or from this site. A link on another site cannot look like that.
 * Where the browser is silent it is unknown.
 */
export function isOpenedHere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return site === "none" || site === "same-origin";
}

/** The value of a cookie, "" when there is none or more than one: no guessing between them. */
export function cookieValue(headers: IncomingHttpHeaders, name: string): string {
  const [only, ...more] = cookieValues(headers, name);
  return only !== undefined && more.length === 0 ? only : "";
}

/** Whether a browser sends the cookie at all, good or not. */
export function hasCookie(headers: IncomingHttpHeaders, name: string): boolean {
  return cookieValues(headers, name).length > 0;
}

function cookieValues({ cookie }: IncomingHttpHeaders, name: string): readonly string[] {
  return (cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

/** Host and port of an origin; null when it is opaque or no web origin. */
function hostOf(origin: string): string | null {
  return /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null;
}
