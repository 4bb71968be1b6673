import { useSignal } from "@preact/signals";
import * as operator from "../../operator/operator-desk.ts";
import {
  draftFault,
  KIND_WORDS,
  REASON_MAX,
  SCOPE_KINDS,
  type ScopeDraft,
  scopeOf,
  scopePhrase,
  scopeText,
} from "../../operator/scope.ts";
import { Segments } from "../segments.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";

const EMPTY: ScopeDraft = {
  kind: "account",
  name: "",
  market: "",
  account: "",
  cancels: true,
  reason: "",
};

export function focusKill(): void {
  document.querySelector<HTMLElement>('#kill [aria-checked="true"]')?.focus();
}

/** What is to be stopped; a look at it and its typed name follow. */
export function KillForm() {
  const draft = useSignal<ScopeDraft>(EMPTY);
  const isAsked = useSignal(false);
  const isConfirming = useSignal(false);
  const change = (part: Partial<ScopeDraft>) => {
    draft.value = { ...draft.value, ...part };
  };
  const { cancels, reason } = draft.value;
  const fault = draftFault(draft.value);
  return (
    <section class="panel kill" id="kill" aria-label="Kill switch">
      <h2>Kill switch</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          isAsked.value = true;
          if (fault === null) isConfirming.value = true;
        }}
      >
        <ScopeFields draft={draft.value} change={change} />
        <label class="field">
          <span>Reason</span>
          <input
            id="kill-reason"
            autoComplete="off"
            maxLength={REASON_MAX}
            value={reason}
            onInput={({ currentTarget }) => change({ reason: currentTarget.value })}
          />
        </label>
        <label class="check">
          <input
            id="kill-cancels"
            type="checkbox"
            checked={cancels}
            onChange={({ currentTarget }) => change({ cancels: currentTarget.checked })}
          />
          cancel the open orders, too
        </label>
        <p class="fault" role="alert">
          {isAsked.value && fault !== null ? fault : ""}
        </p>
        <button type="submit" class="danger">
          {cancels ? "Block and cancel…" : "Block…"}
        </button>
      </form>
      <Confirm
        draft={draft.value}
        isOpen={isConfirming.value && fault === null}
        onClose={() => {
          isConfirming.value = false;
        }}
        onDone={(done) => {
          // The next one may be written already.
          if (draft.value !== done) return;
          isAsked.value = false;
          draft.value = { ...EMPTY, kind: done.kind };
        }}
      />
    </section>
  );
}

interface ScopeFieldsProps {
  readonly draft: ScopeDraft;
  readonly change: (part: Partial<ScopeDraft>) => void;
}

function ScopeFields({ draft, change }: ScopeFieldsProps) {
  const { account, kind, market, name } = draft;
  const markets = operator.modes.value?.markets ?? [];
  const isNamed = kind !== "gateway" && kind !== "market";
  const known =
    kind === "account"
      ? operator.accountNames.value
      : kind === "key"
        ? operator.keyNames.value
        : [];
  return (
    <>
      <Segments
        label="What to stop"
        choices={SCOPE_KINDS}
        chosen={kind}
        onChoose={(next) => change({ kind: next, name: "" })}
        textOf={(each) => KIND_WORDS[each]}
        class="wrap"
      />
      {isNamed && (
        <label class="field">
          <span>{KIND_WORDS[kind]}</span>
          <input
            id="kill-name"
            list="kill-names"
            autoComplete="off"
            autoCapitalize="off"
            spellcheck={false}
            value={name}
            onInput={({ currentTarget }) => change({ name: currentTarget.value })}
          />
          <datalist id="kill-names">
            {known.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </label>
      )}
      {kind === "portfolio" && (
        <label class="field">
          <span>Of account</span>
          <input
            id="kill-account"
            placeholder="every account"
            autoComplete="off"
            spellcheck={false}
            value={account}
            onInput={({ currentTarget }) => change({ account: currentTarget.value })}
          />
        </label>
      )}
      {kind !== "gateway" && (
        <label class="field">
          <span>Market</span>
          <select
            id="kill-market"
            value={market}
            onChange={({ currentTarget }) => change({ market: currentTarget.value })}
          >
            <option value="">{kind === "market" ? "choose one" : "every market"}</option>
            {markets.map((each) => (
              <option key={each.market} value={each.market}>
                {each.market}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

interface ConfirmKillProps {
  readonly draft: ScopeDraft;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onDone: (done: ScopeDraft) => void;
}

function Confirm({ draft, isOpen, onClose, onDone }: ConfirmKillProps) {
  const scope = scopeOf(draft);
  const text = scopeText(scope);
  const { cancels, reason } = draft;
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Stop ${text}`}
      phrase={scopePhrase(scope)}
      reason={reason.trim()}
      verb={cancels ? "Block and cancel" : "Block"}
      onConfirm={(why) => {
        void operator.kill(scope, cancels, why).then((isDone) => {
          if (isDone) onDone(draft);
        });
      }}
    >
      <p>
        New orders and amends of <strong>{text}</strong> are refused at once, until somebody
        releases the block.
      </p>
      <p>
        {cancels
          ? "Then its open orders are cancelled. This cannot be undone."
          : "Its open orders stay open. Their owner can cancel them."}
      </p>
    </ConfirmDialog>
  );
}
