import { batch, createSignal } from "solid-js";
import type { Task } from "../api/client";
import { Failure } from "../api/failure";
import { type Action, without } from "./actions";

interface Outbox {
  /** Everything asked for and not confirmed, oldest first. */
  actions: () => readonly Action[];
  put: (action: Action) => void;
  /** Send a failed wish again, as it is or `instead` another one. */
  retry: (id: string, instead?: Action) => void;
  /** Give a failed wish up, and those that waited for it. */
  dismiss: (id: string) => void;
}

interface Delivery {
  send: (action: Action) => Promise<Task | undefined>;
  /** Called as the wish leaves the box, in one batch: the page goes from wish to fact without a gap. */
  done: (action: Action, task: Task | undefined) => void;
  failed: (action: Action, failure: Failure) => void;
  /** The wish to send instead of one that was refused, if there is one. */
  amended: (action: Action, failure: Failure) => Action | undefined;
}

/**
 * Delivers wishes in the order in which they were made: one at a time for each task, so that the last wish is the last
 * to arrive, and new tasks one after the other, so that they are stored in the order in which they were typed.
 */
export function createOutbox(delivery: Delivery): Outbox {
  const [actions, setActions] = createSignal<readonly Action[]>([]);

  function put(action: Action): void {
    batch(() => {
      setActions((list) => [
        ...list.flatMap((older) => (older.state === "sending" ? older : (without(older, action) ?? []))),
        action,
      ]);
      pump();
    });
  }

  function retry(id: string, instead?: Action): void {
    replace(id, (action) =>
      action.state === "failed" ? { ...(instead ?? action), state: "waiting" } : action,
    );
    pump();
  }

  function dismiss(id: string): void {
    const action = actions().find((it) => it.id === id);
    if (!action) return;
    setActions((list) =>
      list.filter((it) => it.id !== id && (action.kind !== "add" || it.key !== action.key)),
    );
    pump();
  }

  function pump(): void {
    for (const action of actions()) {
      if (action.state === "waiting" && isFree(action, actions())) void deliver(action);
    }
  }

  async function deliver(action: Action): Promise<void> {
    replace(action.id, (it) => ({ ...it, state: "sending" }));
    await delivery.send(action).then(
      (task) => succeed(action, task),
      (cause: unknown) => fail(action, cause instanceof Failure ? cause : Failure.unanswered(cause)),
    );
    pump();
  }

  function succeed(action: Action, task: Task | undefined): void {
    batch(() => {
      delivery.done(action, task);
      replace(action.id, () => undefined);
    });
  }

  function fail(action: Action, failure: Failure): void {
    const instead = delivery.amended(action, failure);
    if (instead) {
      replace(action.id, () => ({ ...instead, state: "waiting" }));
      return;
    }
    const later = actions().slice(actions().findIndex((it) => it.id === action.id) + 1);
    const left = later.reduce<Action | undefined>((it, newer) => it && without(it, newer), action);
    batch(() => {
      replace(action.id, () => left && { ...left, state: "failed", failure });
      delivery.failed(action, failure);
    });
  }

  function replace(id: string, by: (action: Action) => Action | undefined): void {
    setActions((list) => list.flatMap((it) => (it.id === id ? (by(it) ?? []) : it)));
  }

  return { actions, put, retry, dismiss };
}

function isFree(action: Action, all: readonly Action[]): boolean {
  for (const earlier of all) {
    if (earlier === action) break;
    const live = earlier.state !== "failed";
    if (earlier.key === action.key && (live || earlier.kind === "add")) return false;
    if (earlier.kind === "add" && action.kind === "add" && live) return false;
  }
  return true;
}
