import { createSignal } from "solid-js";

const [message, setMessage] = createSignal("");

/** Have a screen reader say it when it has a moment. Failures speak for themselves, as alerts. */
export function announce(text: string): void {
  // The same words twice are no change, and would be said once.
  setMessage((last) => (last === text ? `${text}\u00a0` : text));
}

export function Announcer() {
  return (
    <p role="status" class="visually-hidden">
      {message()}
    </p>
  );
}
