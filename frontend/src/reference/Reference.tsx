import { createMemo, createResource, For, Match, Show, Switch } from "solid-js";
import { EndpointView } from "./EndpointView";
import { type Document, type Group, groups } from "./openapi";
import { Prose } from "./Prose";

/** The API, as the server itself describes it. */
export function Reference() {
  const [document, { refetch }] = createResource(load);
  return (
    <Switch>
      <Match when={document.state === "errored"}>
        <main class="failed" role="alert">
          <h1>The description of the API could not be loaded.</h1>
          <button type="button" onClick={() => void refetch()}>
            Try again
          </button>
        </main>
      </Match>
      <Match when={document()}>{(it) => <Whole document={it()} />}</Match>
    </Switch>
  );
}

function Whole(props: { document: Document }) {
  const all = createMemo(() => groups(props.document));
  queueMicrotask(() => window.document.getElementById(location.hash.slice(1))?.scrollIntoView());
  return (
    <>
      <header class="top">
        <h1>
          <a href="/">Donebook</a> API
        </h1>
        <span class="type">{props.document.info.version}</span>
      </header>
      <div class="book">
        <nav aria-label="Contents">
          <For each={all()}>
            {(group) => (
              <>
                <p>{group.name}</p>
                <ul>
                  <For each={group.endpoints}>
                    {(it) => (
                      <li>
                        <a href={`#${it.operationId}`}>{it.summary ?? it.operationId}</a>
                      </li>
                    )}
                  </For>
                </ul>
              </>
            )}
          </For>
          <p>For programs</p>
          <ul>
            <li>
              <a href="/openapi.json">openapi.json</a>
            </li>
          </ul>
        </nav>
        <main>
          <Prose text={props.document.info.description} />
          <For each={all()}>
            {(group) => (
              <section aria-labelledby={anchor(group)}>
                <h2 id={anchor(group)}>{group.name}</h2>
                <Show when={group.description}>
                  <Prose text={group.description} />
                </Show>
                <For each={group.endpoints}>
                  {(it) => <EndpointView document={props.document} endpoint={it} />}
                </For>
              </section>
            )}
          </For>
        </main>
      </div>
    </>
  );
}

function anchor(group: Group): string {
  return `group-${group.name.replaceAll(/\W+/g, "-")}`;
}

async function load(): Promise<Document> {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as Document;
}
