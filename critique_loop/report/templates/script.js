"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  // Paper has nothing to unfold.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });

  const rounds = document.querySelectorAll(".round");
  if (rounds.length && !byId("data")) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.unfold = "";
    button.textContent = "Unfold all";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", String(open));
      for (const one of document.querySelectorAll("details")) one.open = open;
    });
    document.querySelector(".verdict").append(button);
  }

  const source = byId("data");
  if (!source) return;

  const PAGE = 100;
  const ID = 0, GOAL = 1, ITEM = 2, OVERALL = 3, ROUNDS = 4, SECONDS = 5, COST = 6;
  const ACCEPTED = 8, END = 9, PROBLEMS = 10, DETAIL = 12;
  const data = JSON.parse(source.textContent);
  const sought = data.rows.map((row) => `${row[ID]}\n${row[GOAL]}\n${row[ITEM]}`.toLowerCase());
  const order = data.rows.map((_, place) => place);
  const body = byId("runs").tBodies[0];
  const field = { text: byId("f-text"), end: byId("f-end"), problem: byId("f-problem"), low: byId("f-low"), high: byId("f-high") };
  let found = order;
  let first = 0;

  const whole = new Intl.NumberFormat("en");
  const money = (value) => value === null ? "price unknown" : value >= 1 || !value ? `$${value.toFixed(2)}` : `$${Number(value.toPrecision(3))}`;
  const time = (value) => value < 1 ? `${value.toFixed(2)} s` : value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
  const mark = (value) => value === null ? "–" : String(Math.round(value * 10) / 10);

  const cell = (row, text, name = "") => {
    const made = row.insertCell();
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };

  const draw = () => {
    body.replaceChildren();
    for (const place of found.slice(first, first + PAGE)) {
      const row = data.rows[place];
      const line = body.insertRow();
      const name = cell(line, "", "id");
      if (row[DETAIL]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "link";
        button.textContent = row[ID].slice(0, 12);
        button.dataset.run = row[ID];
        name.append(button);
      } else {
        const code = document.createElement("code");
        code.textContent = row[ID].slice(0, 12);
        name.append(code);
      }
      const goal = cell(line, row[GOAL], "goal");
      goal.dir = "auto";
      if (row[ITEM]) {
        const item = document.createElement("small");
        item.textContent = ` ${row[ITEM]}`;
        goal.append(item);
      }
      cell(line, mark(row[OVERALL]), "number");
      cell(line, whole.format(row[ROUNDS]), "number");
      cell(line, time(row[SECONDS]), "number");
      cell(line, money(row[COST]), "number");
      cell(line, data.ends[row[END]], row[ACCEPTED] ? "good" : "bad");
      cell(line, row[PROBLEMS].map((code) => data.problems[code]).join(", "));
    }
    const last = Math.min(first + PAGE, found.length);
    const all = data.rows.length;
    byId("said").textContent = found.length === all ? `${whole.format(all)} runs` : `${whole.format(found.length)} of ${whole.format(all)} runs`;
    byId("place").textContent = found.length ? `${whole.format(first + 1)} to ${whole.format(last)}` : "none";
    byId("before").disabled = first === 0;
    byId("after").disabled = last >= found.length;
  };

  const filter = () => {
    const text = field.text.value.trim().toLowerCase();
    const end = field.end.value === "" ? -1 : Number(field.end.value);
    const problem = field.problem.value === "" ? -1 : Number(field.problem.value);
    const low = field.low.value === "" ? null : Number(field.low.value);
    const high = field.high.value === "" ? null : Number(field.high.value);
    found = order.filter((place) => {
      const row = data.rows[place];
      return (end < 0 || row[END] === end)
        && (problem < 0 || row[PROBLEMS].includes(problem))
        && (low === null || (row[OVERALL] !== null && row[OVERALL] >= low))
        && (high === null || (row[OVERALL] !== null && row[OVERALL] <= high))
        && (!text || sought[place].includes(text));
    });
    first = 0;
    draw();
  };

  const options = (select, texts) => {
    texts.forEach((text, place) => select.add(new Option(text, String(place))));
  };
  options(field.end, data.ends);
  options(field.problem, data.problems);

  // The groups become filters.
  for (const group of document.querySelectorAll("[data-filter]")) {
    const { filter: kind, value } = group.dataset;
    const place = (kind === "end" ? data.ends : data.problems).indexOf(value);
    if (place < 0) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = group.textContent;
    button.addEventListener("click", () => {
      byId("tools").reset();
      field[kind].value = String(place);
      filter();
      byId("h-runs").scrollIntoView();
      byId("h-runs").focus({ preventScroll: true });
    });
    group.replaceChildren(button);
  }

  const key = (row, column) => column === END ? data.ends[row[END]] : row[column];
  const compare = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return typeof one === "string" ? one.localeCompare(other) : one - other;
  };
  for (const heading of document.querySelectorAll("[data-sort]")) {
    const column = Number(heading.dataset.sort);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of document.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      order.sort((one, other) => {
        const a = key(data.rows[one], column), b = key(data.rows[other], column);
        return a === null || b === null ? compare(a, b) : sign * compare(a, b);
      });
      filter();
    });
  }

  // Here each picture is in the file once; the strip borrows it.
  const fillStrip = (inside) => {
    for (const place of inside.querySelectorAll("[data-thumb]")) {
      const large = inside.querySelector(`[aria-labelledby="${CSS.escape(place.dataset.thumb)}"] figure img`);
      if (!large) continue;
      const small = new Image();
      small.alt = "";
      small.src = large.src;
      place.replaceWith(small);
    }
  };

  const dialog = byId("detail");
  body.addEventListener("click", (event) => {
    const button = event.target.closest("[data-run]");
    if (!button) return;
    const template = byId(`run-${button.dataset.run}`);
    byId("inside").replaceChildren(template.content.cloneNode(true));
    fillStrip(byId("inside"));
    dialog.showModal();
    dialog.scrollTop = 0;
  });
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => byId("inside").replaceChildren());

  byId("before").addEventListener("click", () => { first -= PAGE; draw(); });
  byId("after").addEventListener("click", () => { first += PAGE; draw(); });
  byId("tools").addEventListener("input", filter);
  byId("tools").addEventListener("reset", () => setTimeout(filter));
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("tools").hidden = false;
  byId("pages").hidden = data.rows.length <= PAGE;
  draw();
})();
