// Fetches the page anew and swaps its contents, so that what is shown stays current without losing place, focus or
// what is being typed; sends orders with the token that is typed for them; filters the table of a fleet.
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

  // What the reader opened or typed into stays as it is.
  function keep(from) {
    for (const fresh of from.querySelectorAll("[data-keep]")) {
      const old = document.getElementById(fresh.id);
      if (old && (old.open || old.querySelector("input")?.value)) fresh.replaceWith(old);
    }
  }

  function reopen(from) {
    for (const old of document.querySelectorAll("#main details[open]:not([data-keep])")) {
      const fresh = old.id ? from.querySelector(`#${old.id}`) : null;
      if (fresh) fresh.open = true;
    }
  }

  function swap(next) {
    const key = focusKey();
    const active = document.activeElement;
    for (const id of parts) {
      const from = next.getElementById(id);
      const to = document.getElementById(id);
      if (!from || !to) throw new Error("not the page");
      const adopted = document.adoptNode(from);
      reopen(adopted);
      keep(adopted);
      to.replaceWith(adopted);
    }
    document.title = next.title;
    filterRows();
    if (key !== null) {
      for (const link of document.querySelectorAll("#main a")) {
        if (link.getAttribute("href") === key) {
          link.focus({ preventScroll: true });
          break;
        }
      }
    } else if (active && active !== document.body && active.isConnected) {
      active.focus({ preventScroll: true });
    }
  }

  function stale(is) {
    document.getElementById("stale").hidden = !is;
  }

  async function load() {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  async function refresh() {
    if (!document.hidden && !selecting()) {
      try {
        await load();
        stale(false);
      } catch {
        stale(true);
      }
    }
    setTimeout(refresh, seconds * 1000);
  }

  function filterRows() {
    const words = (document.querySelector("#find input")?.value ?? "").toLowerCase().split(/\s+/);
    for (const row of document.querySelectorAll("#daemons tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  }

  async function send(form, order) {
    const say = (text) => { form.querySelector(".answer").textContent = text; };
    const fields = new FormData(form);
    const body = { daemon: form.dataset.daemon };
    if (order === "pause" && fields.get("for")) body.for = fields.get("for");
    say("Sending …");
    try {
      const answer = await fetch(`/api/v1/${order}`, {
        method: "POST",
        credentials: "omit",
        headers: { authorization: `Bearer ${fields.get("token")}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      if (answer.status === 202) {
        form.reset();
        say(order === "pause" ? "Paused. Nothing more is sent." : "Resumed. It counts from the next check on.");
        setTimeout(() => { form.closest("details").open = false; load().catch(() => stale(true)); }, 1500);
      } else {
        say((await answer.json()).error ?? `refused: ${answer.status}`);
      }
    } catch {
      say("No answer from snarkfee, so it is not known whether the order was taken.");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("#orders form");
    if (!form) return;
    event.preventDefault();
    send(form, event.submitter?.value ?? form.querySelector("button").value);
  });
  document.addEventListener("input", (event) => {
    if (event.target.closest("#find")) filterRows();
  });
  document.addEventListener("DOMContentLoaded", () => setTimeout(refresh, seconds * 1000));
})();
