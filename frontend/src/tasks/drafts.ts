import { createStore } from "solid-js/store";
import type { Fields, Key } from "./actions";
import { descriptionProblem, titleProblem } from "./limits";
import type { TaskStore } from "./store";

interface Texts {
  title: string;
  description: string;
}

export interface Draft extends Texts {
  /** What stood there when editing began. */
  was: Texts;
}

export type Drafts = ReturnType<typeof createDrafts>;

/** The tasks being edited. They live here, not in the rows, so that nothing typed is lost when a row is not drawn. */
export function createDrafts(store: Pick<TaskStore, "tasks" | "failures" | "update">) {
  const [drafts, setDrafts] = createStore<Record<Key, Draft | undefined>>({});

  /** Begin with what stands there, or with what was typed last time when that could not be saved. */
  function open(key: Key): void {
    const task = store.tasks().get(key);
    if (!task || drafts[key]) return;
    const was = { title: task.title, description: task.description ?? "" };
    const unsaved = store.failures().findLast((it) => it.kind === "change" && it.key === key);
    const { title = was.title, description = was.description } =
      unsaved?.kind === "change" ? unsaved.fields : was;
    setDrafts(key, { title, description, was });
  }

  function write(key: Key, part: keyof Texts, text: string): void {
    if (drafts[key]) setDrafts(key, part, text);
  }

  function close(key: Key): void {
    setDrafts(key, undefined);
  }

  /** Ask for what was changed, and nothing else, so that what others changed meanwhile stays. False: not valid yet. */
  function save(key: Key): boolean {
    const draft = drafts[key];
    if (!draft) return true;
    const fields = changed(draft);
    if (problems(draft).title ?? problems(draft).description) return false;
    close(key);
    if (Object.keys(fields).length > 0) store.update(key, fields);
    return true;
  }

  return {
    get: (key: Key): Draft | undefined => drafts[key],
    /** The tasks that are being edited. */
    keys: (): Key[] => Object.keys(drafts),
    /** True when a draft holds something that would be lost with the page. */
    unsaved: (): boolean => Object.values(drafts).some((it) => it && Object.keys(changed(it)).length > 0),
    open,
    write,
    close,
    save,
  };
}

export function problems(draft: Draft): { title: string | undefined; description: string | undefined } {
  const { title, description } = changed(draft);
  return {
    title: title === undefined ? undefined : titleProblem(title),
    description: description === undefined ? undefined : descriptionProblem(description),
  };
}

function changed({ title, description, was }: Draft): Fields {
  return {
    ...(title.trim() !== was.title.trim() && { title: title.trim() }),
    ...(description.trim() !== was.description.trim() && { description: description.trim() }),
  };
}
