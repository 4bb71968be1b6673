// Runs in the browser, on the page of the API: shows the reference and signs what is tried.
/* global SwaggerUIBundle */

/** @param {string} id */
function fieldText(id) {
  const field = document.getElementById(id);
  return field instanceof HTMLInputElement ? field.value : "";
}

/**
 * @param {string} secret
 * @param {string} text
 */
async function hmac(secret, text) {
  const bytes = new TextEncoder().encode(secret);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

/**
 * Adds the three headers, as METHOD|path|timestamp|body or query.
 * @param {{ url: string, method?: string, body?: string, headers: Record<string, string> }} request
 */
async function sign(request) {
  const apiKey = fieldText("api-key");
  const { pathname, search } = new URL(request.url, location.href);
  if (apiKey === "" || !/^\/(trade|account|console|sandbox)\//.test(pathname)) return request;
  const timestamp = String(Date.now());
  const method = (request.method ?? "GET").toUpperCase();
  const payload = request.body ?? search.slice(1);
  const text = `${method}|${pathname}|${timestamp}|${payload}`;
  request.headers["X-API-Key"] = apiKey;
  request.headers["X-API-Timestamp"] = timestamp;
  request.headers["X-API-Signature"] = await hmac(fieldText("secret"), text);
  return request;
}

document.getElementById("key")?.addEventListener("submit", (event) => event.preventDefault());
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  tryItOutEnabled: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: sign,
});
