import { createEffect, createSignal, type Signal } from "solid-js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export type Preferences = ReturnType<typeof createPreferences>;

/** What this browser remembers about its user. */
export function createPreferences() {
  const [theme, setTheme] = remembered<Theme>("donebook.theme", THEMES);
  const [keys, setKeys] = remembered("donebook.shortcuts", ["on", "off"] as const);
  createEffect(() => {
    document.documentElement.dataset.theme = theme();
    for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
      const scheme = meta.dataset.scheme ?? "";
      meta.media =
        theme() === "system" ? `(prefers-color-scheme: ${scheme})` : theme() === scheme ? "all" : "not all";
    }
  });
  return {
    theme,
    setTheme,
    singleKeys: () => keys() === "on",
    setSingleKeys: (on: boolean) => setKeys(on ? "on" : "off"),
  };
}

/** The first value is the default. A browser that refuses storage still works; it only forgets. */
function remembered<T extends string>(name: string, values: readonly [T, ...T[]]): Signal<T> {
  const [value, set] = createSignal<T>(values.find((it) => it === recall(name)) ?? values[0]);
  createEffect(() => remember(name, value()));
  return [value, set];
}

function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Private windows and full disks.
  }
}
