"use strict";
// Search over every asset and finding of a run. The data files call rasoat.name and rasoat.take as they load; once the
// page is there, each keystroke is one pass over numbers. Text reaches the page as text only, never as markup.
const rasoat = (() => {
  const STEP = 50;
  const units = [];
  let names = null;
  let assets = [];
  let findings = new Uint32Array(0);
  let shown = STEP;

  const $ = (id) => document.getElementById(id);
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
  const number = (value) => value.toLocaleString(names.lang === "vi" ? "vi-VN" : "en-GB");
  const filled = (text, value) => text.replace("{n}", number(value));

  // Assets of all units in one list; findings as [asset, check, code] with the gravest first.
  const join = () => {
    let total = 0;
    for (const unit of units) total += unit.findings.length;
    const raw = new Uint32Array(total);
    let end = 0;
    for (const unit of units) {
      const first = assets.length;
      for (const row of unit.assets) assets.push(asset(row, unit.unit));
      for (let i = 0; i < unit.findings.length; i += 3) {
        raw[end++] = first + unit.findings[i];
        raw[end++] = unit.findings[i + 1];
        raw[end++] = unit.findings[i + 2];
      }
    }
    findings = sorted(raw);
    names.keys = names.checks.map((check) => plain(check[0] + " " + check[1]));
  };

  const asset = (row, unit) => {
    const [id, file, address, site, kind, platform, level, state, failures, unjudged, systems] = row;
    const words = [id, address, platform, names.sites[site][0], names.units[unit], ...systems, ...systems.map((one) => names.systems[one] || "")];
    return { id, file, address, site, unit, kind, platform, level, state, failures, unjudged, key: plain(words.join(" ")) };
  };

  // By status, then severity: a counting sort, since there may be hundreds of thousands.
  const sorted = (raw) => {
    const places = new Uint32Array(17);
    const rank = (i) => (raw[i + 2] & 3) * 4 + names.checks[raw[i + 1]][2];
    for (let i = 0; i < raw.length; i += 3) places[rank(i) + 1]++;
    for (let i = 1; i < 17; i++) places[i] += places[i - 1];
    const out = new Uint32Array(raw.length);
    for (let i = 0; i < raw.length; i += 3) out.set(raw.subarray(i, i + 3), 3 * places[rank(i)]++);
    return out;
  };

  const wanted = () => ({
    terms: plain($("text").value).split(/\s+/).filter(Boolean),
    unit: $("unit").value, kind: $("kind").value, level: $("level").value, state: $("state").value,
    status: $("status").value, severity: $("severity").value,
  });

  const stands = (one, want) =>
    (!want.unit || one.unit === want.unit) && (!want.kind || one.kind === +want.kind) &&
    (!want.level || one.level === +want.level) && (!want.state || one.state === +want.state);

  // Where the words stand together, in front of where each stands somewhere.
  const findAssets = (want) => {
    const [together, apart] = [[], []];
    const phrase = want.terms.join(" ");
    for (const one of assets) {
      if (!stands(one, want)) continue;
      if (one.key.includes(phrase)) together.push(one);
      else if (want.terms.every((term) => one.key.includes(term))) apart.push(one);
    }
    return together.concat(apart);
  };

  // Each word must stand in the asset's key or in the check's: both are looked at once, not once for each finding.
  const findFindings = (want) => {
    const all = (1 << want.terms.length) - 1;
    const bits = (key) => want.terms.reduce((sum, term, i) => (key.includes(term) ? sum | (1 << i) : sum), 0);
    const ofAsset = assets.map((one) => (stands(one, want) ? bits(one.key) : -1));
    const ofCheck = names.keys.map((key, i) => (!want.severity || names.checks[i][2] === +want.severity ? bits(key) : -1));
    const status = want.status === "" ? -1 : +want.status;
    const found = [];
    for (let i = 0; i < findings.length; i += 3) {
      const a = ofAsset[findings[i]];
      const c = ofCheck[findings[i + 1]];
      if (a >= 0 && c >= 0 && (a | c) === all && (status < 0 || (findings[i + 2] & 3) === status)) found.push(i);
    }
    return found;
  };

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== null) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const link = (text, href) => element("a", text, { href });
  const labels = (id) => [...$(id).children].map((head) => head.textContent);

  const row = (cells, heads) => {
    const made = element("tr", null, { role: "row" });
    cells.forEach((content, i) => {
      const head = i === 0;
      const cell = element(head ? "th" : "td", null, head ? { scope: "row", role: "rowheader" } : { role: "cell", "data-label": heads[i] });
      cell.append(...[content].flat());
      made.append(cell);
    });
    return made;
  };

  const place = (one) => {
    const [name, file] = names.sites[one.site];
    return link(name, "sites/" + file);
  };

  const assetRow = (one, heads) => row([
    link(one.id, "assets/" + one.file), place(one), [names.kinds[one.kind][1] + " ", element("span", one.platform, { class: "small" })],
    names.states[one.state][1], String(one.level), number(one.failures), number(one.unjudged)], heads);

  const findingRow = (i, heads) => {
    const one = assets[findings[i]];
    const [id, title, severity, anchor] = names.checks[findings[i + 1]];
    const [status, word] = names.statuses[findings[i + 2] & 3];
    const said = [element("span", word, { class: "st " + status })];
    const cause = names.causes[(findings[i + 2] >> 2) & 15];
    if (cause) said.push(" ", element("span", cause, { class: "small" }));
    if (findings[i + 2] >> 6) said.push(" ", element("span", names.waived, { class: "small" }));
    return row([said, [link(title, "assets/" + one.file + "#" + anchor), " ", element("code", id)],
      names.severities[severity][1], link(one.id, "assets/" + one.file), place(one)], heads);
  };

  const show = () => {
    const want = wanted();
    const view = $("view").value;
    const found = view === "assets" ? findAssets(want) : findFindings(want);
    const make = view === "assets" ? assetRow : findingRow;
    const heads = labels("heads-" + view);
    $("rows").replaceChildren(...found.slice(0, shown).map((one) => make(one, heads)));
    $("heads-assets").hidden = view !== "assets";
    $("heads-findings").hidden = view === "assets";
    for (const id of ["status", "severity"]) $(id).parentElement.hidden = view === "assets";
    $("found").hidden = found.length === 0;
    $("more").hidden = found.length <= shown;
    const rest = found.length > shown ? " " + filled(names.first, shown) : "";
    $("count").textContent = found.length ? filled(names.found[view], found.length) + rest : names.none;
    remember();
  };

  // What is asked for stands in the address, so that it can be kept and sent; a browser may forbid that for files.
  const FIELDS = ["text", "view", "unit", "kind", "level", "state", "status", "severity"];
  const remember = () => {
    const asked = new URLSearchParams(FIELDS.filter((id) => $(id).value).map((id) => [id, $(id).value]));
    try { history.replaceState(null, "", "#" + asked); } catch { /* the page works without */ }
  };
  const recall = () => {
    for (const [id, value] of new URLSearchParams(location.hash.slice(1))) if (FIELDS.includes(id)) $(id).value = value;
  };

  const options = (id, pairs) => $(id).append(...pairs.map(([value, text]) => element("option", text, { value })));
  const counted = (list) => list.map((pair, i) => [String(i), pair[1]]);

  const start = () => {
    if (!$("finder") || !names) return;
    join();
    options("unit", Object.entries(names.units));
    options("kind", counted(names.kinds));
    options("level", [1, 2, 3, 4, 5].map((level) => [String(level), String(level)]));
    options("state", counted(names.states));
    options("status", counted(names.statuses));
    options("severity", counted(names.severities));
    recall();
    $("finder").hidden = false;
    const again = () => { shown = STEP; show(); };
    $("finder").addEventListener("input", again);
    $("finder").addEventListener("submit", (event) => event.preventDefault());
    $("more").addEventListener("click", () => { shown += STEP; show(); });
    show();
  };
  document.addEventListener("DOMContentLoaded", start);

  return { name: (data) => { names = data; }, take: (data) => { units.push(data); } };
})();
