"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The theme: that of the system, or the other one, kept where the browser keeps anything.
  const root = document.documentElement;
  const themes = ["system", "dark", "light"];
  const button = one("#theme");
  const keep = (theme) => { try { localStorage.setItem("seatrial-theme", theme); } catch { /* a page from a mail may keep nothing */ } };
  const kept = () => { try { return localStorage.getItem("seatrial-theme"); } catch { return null; } };
  const show = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  const turn = () => {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    show(next);
    keep(next);
  };
  show(themes.includes(kept()) ? kept() : "system");
  button.hidden = false;
  button.addEventListener("click", turn);
  one(".keys").hidden = false;

  // A link into something folded unfolds it.
  const unfold = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();

  // Findings: filter, group, open, walk.
  const main = one("#main");
  const form = one(".controls");
  const findings = all("details.f[data-file]");
  const visible = () => findings.filter((finding) => !finding.hidden && finding.checkVisibility());
  if (form) {
    const texts = new Map();
    const text = (finding) => {
      if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
      return texts.get(finding);
    };
    const filter = one("#filter");
    const file = one("#file");
    const shown = one("#shown");
    const switches = all("[data-severity]", form);
    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const off = new Set(switches.filter((it) => it.getAttribute("aria-pressed") === "false").map((it) => it.dataset.severity));
      const path = file ? file.value : " ";
      let number = 0;
      for (const finding of findings) {
        const right = !off.has(finding.dataset.severity)
          && (path === " " || finding.dataset.file === path)
          && words.every((word) => text(finding).includes(word));
        finding.hidden = !right;
        if (right) number += 1;
      }
      for (const group of all(".group")) group.hidden = !one("details.f:not([hidden])", group);
      for (const section of all("main > section")) {
        if (one(".group", section)) section.hidden = !one(".group:not([hidden])", section);
      }
      shown.textContent = number === findings.length ? `All ${number} findings` : `${number} of ${findings.length} findings`;
    };
    let waiting = 0;
    filter.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 80); });
    if (file) file.addEventListener("change", apply);
    for (const it of switches) {
      it.addEventListener("click", () => {
        it.setAttribute("aria-pressed", String(it.getAttribute("aria-pressed") === "false"));
        apply();
      });
    }

    // Groups by rule are as written; groups by file are made when they are asked for.
    const homes = new Map(findings.map((finding) => [finding, finding.parentElement]));
    const regroup = (by) => {
      for (const group of all(".group.made")) group.remove();
      for (const [finding, home] of homes) home.append(finding);
      if (by === "file") {
        for (const section of all("main > section")) {
          const made = new Map();
          const own = all("details.f[data-file]", section).sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
          for (const finding of own) {
            let group = made.get(finding.dataset.file);
            if (!group) {
              group = document.createElement("div");
              group.className = "group made";
              const title = document.createElement("h3");
              title.className = "rule";
              title.textContent = finding.dataset.file;
              group.append(title);
              made.set(finding.dataset.file, group);
            }
            group.append(finding);
          }
          section.append(...made.values());
        }
      }
      main.dataset.by = by;
      apply();
    };
    const group = one("#group");
    main.dataset.by = "rule";
    group.addEventListener("change", () => regroup(group.value));

    const fold = (open) => { for (const finding of visible()) finding.open = open; };
    one("#expand").addEventListener("click", () => fold(true));
    one("#collapse").addEventListener("click", () => fold(false));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    apply();
  }

  const walk = (by) => {
    const places = visible().map((finding) => one("summary", finding));
    const at = places.indexOf(document.activeElement);
    const next = places[at < 0 ? (by > 0 ? 0 : places.length - 1) : Math.min(Math.max(at + by, 0), places.length - 1)];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "center" }); }
  };

  // Counterexamples, step by step.
  for (const figure of all(".sequence")) {
    const rows = all("tr[data-step]", figure);
    const drawn = all(".step", figure);
    const range = one("input[type=range]", figure);
    const said = one("output", figure);
    const values = new Map(all("tr[data-place]", figure).map((row) => [row.dataset.place, one("td", row)]));
    const initial = new Map([...values].map(([place, cell]) => [place, cell.textContent]));
    const title = one(".state summary", figure);
    let now = 0;
    const go = (to) => {
      now = Math.min(Math.max(to, 0), rows.length);
      figure.classList.add("walked");
      for (const part of [...rows, ...drawn]) {
        const step = Number(part.dataset.step);
        part.classList.toggle("now", step === now);
        part.classList.toggle("later", step > now);
      }
      const state = new Map(initial);
      const changed = new Set();
      for (const row of rows.slice(0, now)) {
        changed.clear();
        for (const change of all("[data-place]", row)) {
          state.set(change.dataset.place, one("ins", change).textContent);
          changed.add(change.dataset.place);
        }
      }
      for (const [place, cell] of values) {
        cell.textContent = state.get(place);
        cell.parentElement.classList.toggle("now", changed.has(place));
      }
      if (title) title.textContent = now ? `All values after step ${now}` : "All values before the first step";
      range.value = String(now);
      const row = rows[now - 1];
      said.textContent = row ? `Step ${now} of ${rows.length}: ${row.cells[1].textContent}: ${row.cells[2].textContent}` : `Before the first of ${rows.length} steps`;
      const dot = drawn[now - 1];
      const frame = one(".diagram", figure);
      if (dot && frame.scrollWidth > frame.clientWidth) frame.scrollLeft = Number(one("circle", dot).getAttribute("cx")) - 90;
    };
    const moves = { first: () => 0, back: () => now - 1, on: () => now + 1, last: () => rows.length };
    for (const it of all("[data-to]", figure)) it.addEventListener("click", () => go(moves[it.dataset.to]()));
    range.addEventListener("input", () => go(Number(range.value)));
    for (const part of drawn) part.addEventListener("click", () => go(Number(part.dataset.step)));
    figure.addEventListener("keydown", (event) => {
      if (event.target === range || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowRight") go(now + 1);
      else if (event.key === "ArrowLeft") go(now - 1);
      else return;
      event.preventDefault();
    });
    one(".stepper", figure).hidden = false;
    said.textContent = `${rows.length} steps`;
  }

  // Keys. None works while somebody types.
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "range";
    if (event.key === "Escape" && event.target.id === "filter") { event.target.blur(); return; }
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    const filter = one("#filter");
    if (event.key === "/" && filter) { event.preventDefault(); filter.focus(); filter.select(); }
    else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "t") turn();
  });
})();
