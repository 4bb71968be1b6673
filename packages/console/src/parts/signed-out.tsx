import { signInProblem } from "../sign-in/problem.ts";

export function SignedOut() {
  return (
    <main class="alone">
      <h1>Countermand console</h1>
      <p role="alert">{signInProblem.value || "You are signed out."}</p>
      <p>The console takes no API secret. On a machine that has your key, run</p>
      <pre>
        <code>npx countermand console</code>
      </pre>
      <p>
        and open the link it prints, within a minute. The session has that key's permissions and
        ends with it. Operators run
      </p>
      <pre>
        <code>npx countermand operator-console</code>
      </pre>
      <p>and get a page at the operator's own address, without the token in it.</p>
    </main>
  );
}
