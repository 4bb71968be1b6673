/** Puts the focus on what a key of the page means, also in a section that is not shown yet. */
export function focusOn(id: string): void {
  const focus = () => document.getElementById(id)?.focus();
  // At once: what is typed behind the key is meant for the field, not for the page's keys.
  focus();
  // A section of a phone is shown with the next frame.
  requestAnimationFrame(focus);
}
