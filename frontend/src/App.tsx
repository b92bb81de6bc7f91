import { createEffect, createSignal, onMount } from "solid-js";
import { AddForm } from "./tasks/AddForm";
import { DeleteDialog } from "./tasks/DeleteDialog";
import { Failures } from "./tasks/Failures";
import { FilterBar } from "./tasks/FilterBar";
import { listen, SHORTCUTS } from "./tasks/keyboard";
import { createTasksPage, TasksProvider } from "./tasks/page";
import { OutOfDate, States } from "./tasks/States";
import { TaskList } from "./tasks/TaskList";
import { Announcer } from "./ui/announcer";
import { actOnce } from "./ui/once";
import { createPreferences } from "./ui/preferences";
import { SettingsDialog } from "./ui/SettingsDialog";

export function App() {
  const page = createTasksPage();
  const preferences = createPreferences();
  const [help, setHelp] = createSignal(false);
  const { store, drafts } = page;

  actOnce();
  listen(page, { singleKeys: preferences.singleKeys, help: () => setHelp(true) });
  onMount(() => void store.refresh());

  // Only while something would be lost: a listener for beforeunload keeps a page out of the browser's back cache.
  createEffect(() => {
    const unsaved = store.busy() || store.failures().length > 0 || drafts.unsaved();
    if (unsaved) addEventListener("beforeunload", warn);
    else removeEventListener("beforeunload", warn);
  });

  return (
    <TasksProvider value={page}>
      <header class="top">
        <h1>Donebook</h1>
        <button type="button" class="quiet" aria-haspopup="dialog" onClick={() => setHelp(true)}>
          Settings
        </button>
      </header>
      <main class="sheet" aria-busy={!store.loaded() && !store.trouble()}>
        <div class="desk">
          <AddForm />
          <FilterBar />
        </div>
        <OutOfDate />
        <States />
        <TaskList />
        <div class="rest" aria-hidden="true" />
      </main>
      <footer>
        <a href="/docs">API docs</a>
      </footer>
      <Failures />
      <DeleteDialog />
      <SettingsDialog
        open={help()}
        onClose={() => setHelp(false)}
        shortcuts={SHORTCUTS}
        preferences={preferences}
      />
      <Announcer />
    </TasksProvider>
  );
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
