/** The web console's sign-in: its one-time code, and the session that a browser gets for it. */
import { answer, integer, type ObjectSchema, text } from "./json-schema.ts";

export const SIGN_IN_CODE: ObjectSchema = answer("A one-time code for the web console.", {
  sign_in_code: text("Open /console#code= followed by this; it works once."),
  expires_in: integer("Seconds for which it works.", { minimum: 0 }),
});

export const CONSOLE_SESSION: ObjectSchema = answer("A browser that is signed in.", {
  role: text("Operators have a console of their own.", { enum: ["trader"] }),
  account_code: text("The account it acts for."),
  api_key: text("The key it has the permissions of, and ends with."),
  csrf_token: text("To be sent in X-CSRF-Token with every request but GET."),
  expires_in: integer("Seconds until it ends at the latest.", { minimum: 0 }),
});
