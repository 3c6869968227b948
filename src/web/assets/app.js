// Fetches the page anew and swaps its contents, so that what is shown stays current without losing place or focus.
"use strict";

(() => {
  const LIMIT_MS = 10_000;
  const parts = ["state", "main"];
  const seconds = Math.max(1, Number(document.body.dataset.refresh) || 10);

  function selecting() {
    const selection = document.getSelection();
    return selection !== null && !selection.isCollapsed;
  }

  function focusKey() {
    const active = document.activeElement;
    return active && active.closest("#main") ? active.getAttribute("href") : null;
  }

  function swap(next) {
    const key = focusKey();
    for (const id of parts) {
      const from = next.getElementById(id);
      const to = document.getElementById(id);
      if (!from || !to) throw new Error("not the page");
      to.replaceWith(document.adoptNode(from));
    }
    document.title = next.title;
    if (key !== null) {
      for (const link of document.querySelectorAll("#main a")) {
        if (link.getAttribute("href") === key) {
          link.focus({ preventScroll: true });
          break;
        }
      }
    }
  }

  function stale(is) {
    document.getElementById("stale").hidden = !is;
  }

  async function refresh() {
    if (!document.hidden && !selecting()) {
      try {
        const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
        if (!answer.ok) throw new Error(String(answer.status));
        swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
        stale(false);
      } catch {
        stale(true);
      }
    }
    setTimeout(refresh, seconds * 1000);
  }

  document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, seconds * 1000));
})();
