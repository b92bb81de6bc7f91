/**
 * Makes a double click and an Enter key that is held down do what one does. The second click or key would act on what the first
 * one brought under the pointer, or on what it gave the focus. Text fields keep both.
 */
export function actOnce(): void {
  document.addEventListener("click", (event) => event.detail > 1 && swallow(event), true);
  document.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && event.repeat && swallow(event),
    true,
  );
}

function swallow(event: Event): void {
  if (isTextField(event.target)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** True where a person types. */
export function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.matches("input:not([type=checkbox], [type=radio]), textarea, select")
  );
}
