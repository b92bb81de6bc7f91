// Runs on the API's docs page before Scalar.

// Zod, which Scalar brings, would try whether it may evaluate code, which the page's policy forbids and reports.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

// A theme that was chosen in the web app (../ui/preferences.ts) is the theme here too.
const theme = chosenTheme();
const place = document.getElementById("api-reference");
if (place && (theme === "light" || theme === "dark")) {
  const options = JSON.parse(place.dataset.configuration ?? "{}") as object;
  place.dataset.configuration = JSON.stringify({ ...options, forceDarkModeState: theme });
}

function chosenTheme(): string | null {
  try {
    return localStorage.getItem("donebook.theme");
  } catch {
    return null; // A browser that refuses storage.
  }
}
