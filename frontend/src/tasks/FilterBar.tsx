import { createEffect, For, on, Show } from "solid-js";
import { announce } from "../ui/announcer";
import { FILTERS, type Filter } from "./filter";
import { useTasks } from "./page";

/** All, open or done, with counts. Links, so that each has an address and can be opened elsewhere. */
export function FilterBar() {
  const { store, filter, counts } = useTasks();

  createEffect(() => {
    const { name, label } = filter.current();
    document.title = name === "all" ? "Donebook" : `${label} · Donebook`;
  });

  createEffect(
    on(filter.current, ({ name, label }) => announce(`${label}: ${counts()[name] ?? 0}`), { defer: true }),
  );

  function follow(event: MouseEvent, to: Filter): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    filter.go(to);
  }

  return (
    <nav class="filters" aria-label="Show">
      <ul>
        <For each={FILTERS}>
          {(it) => (
            <li>
              <a
                href={it.path}
                aria-current={filter.current() === it ? "page" : undefined}
                onClick={(event) => follow(event, it)}
              >
                {it.label}{" "}
                <Show when={store.loaded()}>
                  <span class="count">{counts()[it.name]}</span>
                </Show>
              </a>
            </li>
          )}
        </For>
      </ul>
      <span class="saving" classList={{ shown: store.busy() }} aria-hidden="true">
        Saving…
      </span>
    </nav>
  );
}
