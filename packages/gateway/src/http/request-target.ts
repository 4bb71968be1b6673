/** What a request line asks for, by the text of its target. */

/** A server takes the absolute form, too (RFC 9112, 3.2.2). */
export function originForm(url: string): string {
  return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*/i, "");
}

/** Without the query. */
export function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "";
}

/** All behind the first question mark: others are a value's. */
export function rawQueryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}
