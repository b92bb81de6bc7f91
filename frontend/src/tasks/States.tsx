import { createSignal, Match, Show, Switch } from "solid-js";
import type { Failure } from "../api/failure";
import { useTasks } from "./page";

/** What stands where the tasks would, when there are none to show. */
export function States() {
  const { store, visible, filter, counts } = useTasks();
  return (
    <Switch>
      <Match when={!store.loaded() && store.trouble()}>
        {(failure) => <NotLoaded failure={failure()} />}
      </Match>
      <Match when={!store.loaded()}>
        <Loading />
      </Match>
      <Match when={visible().length === 0}>
        <div class="state empty">
          <Show when={counts().all} fallback={<Blank />}>
            <p class="lead">{filter.current().name === "open" ? "All done." : "Nothing done yet."}</p>
            <p>
              {filter.current().name === "open" ? "Not one task is open." : "What you tick off is kept here."}
            </p>
          </Show>
        </div>
      </Match>
    </Switch>
  );
}

function Blank() {
  return (
    <>
      <p class="lead">Nothing to do.</p>
      <p>Write the first task above; it is kept as soon as you press Enter.</p>
    </>
  );
}

function Loading() {
  return (
    <div class="state loading">
      <p class="visually-hidden" role="status">
        Loading your tasks
      </p>
      <i />
      <i />
      <i />
      <i />
    </div>
  );
}

/** The list could not be read at the start. */
function NotLoaded(props: { failure: Failure }) {
  const { store, visible, rows } = useTasks();
  const [trying, setTrying] = createSignal(false);

  async function again(): Promise<void> {
    if (trying()) return;
    setTrying(true);
    await store.refresh();
    setTrying(false);
    // The button that had the focus is gone.
    if (store.loaded()) rows.focus(visible()[0]);
  }

  return (
    <div class="state trouble">
      <Show when={props.failure} keyed>
        {(failure) => (
          <div role="alert">
            <p class="lead">Your tasks could not be loaded.</p>
            <p>{failure.message}</p>
          </div>
        )}
      </Show>
      <button type="button" aria-disabled={trying()} onClick={again}>
        Try again
      </button>
    </div>
  );
}

/** The list could not be read again. When something was not saved either, that says enough. */
export function OutOfDate() {
  const { store } = useTasks();
  const shown = () => store.loaded() && store.trouble() && store.failures().length === 0;
  return (
    <div role="status">
      <Show when={shown()}>
        <p class="state out-of-date">This list may be out of date. {store.trouble()?.message}</p>
      </Show>
    </div>
  );
}
