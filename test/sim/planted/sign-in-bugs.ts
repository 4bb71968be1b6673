/** Planted bugs of who signs in with a browser. */
import type { PlantedBug } from "./planted-bug.ts";

const CONSOLE = "packages/gateway/src/console";

export const SIGN_IN_BUGS: readonly PlantedBug[] = [
  {
    name: "code-good-twice",
    what: "a code that was used lets in a second time",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/sign-in-codes.ts`,
        find: "    if (found !== null) found.isUsed = true;\n",
        replace: "",
      },
    ],
  },
  {
    name: "recorded-and-signed-in",
    what: "the same signed bytes make a code whenever they are sent",
    seedsMax: 60,
    plants: [
      {
        file: `${CONSOLE}/sign-in-service.ts`,
        find: 'if (claim.result !== "claimed") {',
        replace: 'if (claim.result !== "claimed" && claim.result !== "used") {',
      },
    ],
  },
  {
    name: "any-page-signs-out",
    what: "a page that does not know the token of a session may change something",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/session-authenticator.ts`,
        find: 'return typeof token === "string" && isSameToken(token, session.csrfToken)',
        replace: 'return typeof token === "string" && token.length > 0',
      },
    ],
  },
  {
    name: "cookie-before-stays",
    what: "whoever signs in leaves the session before open, which the browser has no more",
    seedsMax: 60,
    plants: [
      {
        file: `${CONSOLE}/console-edge.ts`,
        find: "  sessions.end(cookieValue(request.headers, cookieName));\n  const cookie",
        replace: "  const cookie",
      },
    ],
  },
  {
    name: "first-visit-refused",
    what: "a page that has never been signed in is refused, and not told that there is no session",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/session-authenticator.ts`,
        find: "!hasCookie(headers, cookieName)",
        replace: "false && !hasCookie(headers, cookieName)",
      },
    ],
  },
  {
    name: "ended-as-never-been",
    what: "a page whose session has ended is told that it has never been signed in",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/console-edge.ts`,
        find: 'request.method === "GET" && isFirstVisit(node.sessions, request.headers)',
        replace: 'request.method === "GET" && isFault(node.authenticator.session("GET", request))',
      },
    ],
  },
  {
    name: "first-of-two-cookies",
    what: "of two cookies of one name the first is taken, which another site may have set",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/browser-request.ts`,
        find: "only !== undefined && more.length === 0 ? only",
        replace: "only !== undefined && more.length >= 0 ? only",
      },
    ],
  },
  {
    name: "signed-out-and-back",
    what: "a sign-out is answered before it is kept: a crash may bring the session back",
    seedsMax: 40,
    plants: [
      {
        file: `${CONSOLE}/console-edge.ts`,
        find: "      void node.sessions.kept().then(() => {",
        replace: "      void Promise.resolve().then(() => {",
      },
    ],
  },
];
