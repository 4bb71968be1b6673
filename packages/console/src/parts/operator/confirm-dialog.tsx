import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { REASON_MAX, reasonFault } from "../../operator/scope.ts";
import { Modal } from "../modal.tsx";

export interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Says what will be done. */
  readonly children: ComponentChildren;
  /** What must be typed. */
  readonly phrase: string;
  /** Given already; null: it is asked for here. */
  readonly reason: string | null;
  readonly verb: string;
  readonly onConfirm: (reason: string) => void;
}

/** Nothing is done before its name is typed: a habit of pressing Enter is no confirmation. */
export function ConfirmDialog({ isOpen, onClose, title, ...rest }: ConfirmProps) {
  return (
    <Modal isOpen={isOpen} onClose={onClose} title={title}>
      <Form {...rest} onClose={onClose} />
    </Modal>
  );
}

function Form(props: Omit<ConfirmProps, "isOpen" | "title">) {
  const { children, onClose, onConfirm, phrase, reason: given, verb } = props;
  const typed = useSignal("");
  const reason = useSignal("");
  const why = given ?? reason.value;
  const fault = given === null ? reasonFault(reason.value) : null;
  const isReady = typed.value === phrase && fault === null;
  return (
    <form
      class="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        onConfirm(why.trim());
        onClose();
      }}
    >
      {children}
      {given === null ? (
        <label>
          <span>Reason, for the journal</span>
          <input
            id="confirm-reason"
            maxLength={REASON_MAX}
            autoComplete="off"
            required
            value={reason.value}
            onInput={({ currentTarget }) => {
              reason.value = currentTarget.value;
            }}
          />
        </label>
      ) : (
        <p>
          Reason: <em>{given}</em>
        </p>
      )}
      <label>
        <span>
          Type <strong class="phrase">{phrase}</strong> to confirm
        </span>
        <input
          id="confirm-phrase"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          value={typed.value}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
          }}
        />
      </label>
      <footer>
        <button type="button" onClick={onClose}>
          Do nothing
        </button>
        <button type="submit" class="danger" disabled={!isReady}>
          {verb}
        </button>
      </footer>
    </form>
  );
}
