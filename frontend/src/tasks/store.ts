import { batch, createMemo, createSignal } from "solid-js";
import type { Change } from "../api/changes";
import type { Api, Task, TaskCreate } from "../api/client";
import { Failure } from "../api/failure";
import { type Action, type Add, addition, change, deletion, type Fields, type Key, project } from "./actions";
import { type Mirror, Names, overlay, reflect, without } from "./mirror";
import { createOutbox } from "./outbox";
import { createWatch } from "./watch";

interface Surroundings {
  /** A wish came true. */
  onDone?: (action: Action) => void;
  /** Tasks that must not vanish from under someone's hands. */
  isHeld?: (key: Key) => boolean;
}

export type TaskStore = ReturnType<typeof createTaskStore>;

/** The server's tasks, mirrored, with everything that was asked for and is not confirmed laid over them. */
export function createTaskStore(api: Api, { onDone, isHeld = () => false }: Surroundings = {}) {
  const names = new Names();
  const [mirror, setMirror] = createSignal<Mirror>(new Map());
  const [loaded, setLoaded] = createSignal(false);
  const [trouble, setTrouble] = createSignal<Failure>();
  const outbox = createOutbox({ send, done, failed });
  const tasks = createMemo(() => project(mirror(), outbox.actions()));
  const busy = createMemo(() => outbox.actions().some((action) => action.state === "sending"));
  const failures = createMemo(() => outbox.actions().filter((action) => action.failure));
  let missed: Change[] = [];
  let answers = 0;
  let reading: Promise<void> | undefined;
  let stale = false;
  let wanted = false;

  function add(title: string, description: string | null = null): Key {
    const action = addition(title, description);
    outbox.put(action);
    return action.key;
  }

  function update(key: Key, fields: Fields): void {
    const task = tasks().get(key);
    if (task) outbox.put(change(key, task, fields));
  }

  function remove(key: Key): void {
    const task = tasks().get(key);
    if (task) outbox.put(deletion(key, task));
  }

  /** The server's list again. Asking while it is being read is one reading. */
  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
      catchUp();
    });
    return reading;
  }

  /** Something changed on the server, here or elsewhere. */
  function receive(change: Change): void {
    if (change.entity !== "task") return;
    if (reading) missed.push(change);
    const own = outbox.actions().find(({ id }) => id === change.request_id);
    if (own?.kind === "add" && change.op === "create") names.bind(own.key, change.entity_id);
    const after = overlay(change, mirror(), names, isHeld);
    if (after) setMirror(after);
    else again();
  }

  async function read(): Promise<void> {
    const before = answers;
    missed = [];
    try {
      const list = await api.list();
      setTrouble(undefined);
      // A list read while something was written may be older than the write's answer: read it again afterwards.
      stale = busy() || answers !== before;
      if (!stale) adopt(list);
    } catch (cause) {
      setTrouble(cause instanceof Failure ? cause : Failure.unanswered(cause));
    }
  }

  function adopt(list: Task[]): void {
    batch(() => {
      setMirror((old) => reflect(list, old, names, isHeld));
      setLoaded(true);
      for (const change of missed) setMirror((old) => overlay(change, old, names, isHeld) ?? old);
    });
  }

  function again(): void {
    wanted = true;
    catchUp();
  }

  function catchUp(): void {
    if (!(stale || wanted) || busy() || reading) return;
    stale = wanted = false;
    void refresh();
  }

  async function send(action: Action): Promise<Task | undefined> {
    if (action.kind === "add") return api.add(body(action), action.id);
    const id = names.id(action.key);
    if (action.kind === "change") return api.change(id, action.fields, action.id);
    await api.remove(id, action.id);
    return undefined;
  }

  function done(action: Action, task: Task | undefined): void {
    if (task && action.kind === "add") {
      // A reading of the list may have brought it in under its own id, before "try again" told which one it is.
      setMirror((old) => without(old, task.id));
      names.bind(action.key, task.id);
    }
    setMirror((old) => (task ? new Map(old).set(action.key, task) : without(old, action.key)));
    settled();
    onDone?.(action);
  }

  function failed(action: Action, failure: Failure): void {
    if (action.kind === "delete" && failure.status === 404) setMirror((old) => without(old, action.key));
    // Whoever says no, or nothing at all, knows something that this page does not.
    stale ||= failure.unsure || failure.status === 404;
    settled();
  }

  function settled(): void {
    answers += 1;
    queueMicrotask(catchUp);
  }

  return {
    /** One of the tasks, for the component that shows it. */
    watch: createWatch(tasks),
    /** What the person sees, in the order of creation. */
    tasks,
    /** True once the server's list has been read. */
    loaded,
    /** Why the last reading of the list failed, if it did. */
    trouble,
    /** True while an answer is awaited. */
    busy,
    /** Wishes that the server refused or never got, those among them that are being tried again included. */
    failures,
    refresh,
    /** The list once more, when there is time for it: what is known may lack something. */
    again,
    /** Lay a change over what is known. */
    receive,
    add,
    update,
    remove,
    retry: outbox.retry,
    dismiss: outbox.dismiss,
  };
}

function body({ title, description }: Add): TaskCreate {
  return description ? { title, description } : { title };
}
