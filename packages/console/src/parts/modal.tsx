import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Whether a dialog is shown, and what shows and closes it. */
export interface Dialog {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly onClose: () => void;
}

export function useDialog(): Dialog {
  const shown = useSignal(false);
  const set = (isShown: boolean) => () => {
    shown.value = isShown;
  };
  return { isOpen: shown.value, open: set(true), onClose: set(false) };
}

export interface ModalProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A dialog of the browser: it keeps the focus, and Escape closes it. */
export function Modal({ isOpen, onClose, title, children, class: name = "" }: ModalProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null || dialog.open === isOpen) return;
    if (isOpen) dialog.showModal();
    else dialog.close();
  }, [isOpen]);
  return (
    <dialog ref={ref} class={`modal ${name}`} aria-label={title} onClose={onClose}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {isOpen && children}
    </dialog>
  );
}
