// Runs in the page before anything of its own: notes when it can be used, what kept it busy, and how long inputs took.
(() => {
  const seen = { interactive: null, long: [], inputs: [] };
  const keys = new Map();
  window.__seen = seen;

  const noteInputs = (list) => {
    for (const { startTime, duration, interactionId } of list.getEntries())
      if (interactionId) seen.inputs.push({ interaction: interactionId, duration, key: keys.get(startTime) ?? null });
  };
  const noteLong = (list) => {
    for (const { startTime, duration } of list.getEntries()) seen.long.push({ startTime, duration });
  };
  new PerformanceObserver(noteInputs).observe({ type: "event", durationThreshold: 16 });
  new PerformanceObserver(noteLong).observe({ type: "longtask" });
  addEventListener("keydown", ({ timeStamp, key }) => keys.set(timeStamp, key), true);

  // The list is in the page, and the frame that shows it has been made: what is typed now is answered.
  const observer = new MutationObserver(() => {
    if (!document.querySelector("main[aria-busy=false]")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => (seen.interactive = performance.now())));
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
})();
