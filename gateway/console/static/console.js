// Keeps the page true: times count by the server's clock, and the page is read again when
// something changed. Without this file everything still works, by reloading.

const DUE_SHOWN_S = 86_400;
const TYPING_MS = 30_000;
const FIELDS = "input:not([type=hidden]), select, textarea";
const body = document.body;
const words = body.dataset;
const loadedAt = performance.now();
let serverNow = Number(words.now);
let readAt = loadedAt;
let typedAt = -TYPING_MS;

const now = () => serverNow + ((performance.now() - readAt) / 1000) * Number(words.speed);

function span(seconds) {
  const units = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? units[3];
  const count = seconds / size;
  const whole = unit === "s" || unit === "min" || count >= 10 || Number.isInteger(Math.round(count * 10) / 10);
  return words[unit].replace("{count}", whole ? count.toFixed(0) : count.toFixed(1));
}

function age(seconds) {
  return seconds < 5 ? words.momentAgo : words.ago.replace("{span}", span(seconds));
}

function countdown(seconds) {
  if (seconds <= 0) return words.due;
  if (seconds >= DUE_SHOWN_S) return span(seconds);
  const part = (value) => String(Math.floor(value)).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  return `${hours ? `${hours}:` : ""}${part((seconds % 3_600) / 60)}:${part(seconds % 60)}`;
}

function tick() {
  const at = now();
  for (const node of document.querySelectorAll("[data-age]"))
    node.textContent = age(Math.max(0, at - Number(node.dataset.age)));
  for (const node of document.querySelectorAll("[data-until]"))
    node.textContent = countdown(Number(node.dataset.until) - at);
}

// What somebody has chosen or typed, and not sent yet.
function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.matches("select"))
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return field.value !== field.defaultValue;
}

// Moves such fields into the newest page, so that nothing typed is lost and no page grows old.
function carryOver(main, fresh) {
  const key = (field) => [field.form?.getAttribute("action"), field.name, field.type === "radio" ? field.value : ""].join(" ");
  const places = new Map([...fresh.querySelectorAll(FIELDS)].map((field) => [key(field), field]));
  for (const field of main.querySelectorAll(FIELDS))
    if (field === document.activeElement || isTouched(field)) places.get(key(field))?.replaceWith(field);
}

// Replaces the live part by the server's newest; what the reader has open or typed stays.
async function reread() {
  const open = [...document.querySelectorAll("main details[open][id]")].map((node) => node.id);
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/login") return location.assign(answer.url);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.querySelector("[data-live]");
  const fresh = page.querySelector("[data-live]");
  const active = document.activeElement;
  if (main.contains(active) && active.matches(FIELDS) && performance.now() - typedAt < TYPING_MS) return;
  carryOver(main, fresh);
  main.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (main.contains(active)) active.focus({ preventScroll: true });
  document.title = page.title;
  const stamp = page.getElementById("live");
  if (stamp) document.getElementById("live").textContent = stamp.textContent;
  serverNow = Number(page.body.dataset.now);
  readAt = performance.now();
  tick();
}

let waiting = 0;
function rereadSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => reread().catch(() => offline(true)), 250);
}

function offline(is) {
  const bar = document.getElementById("offline");
  if (bar) bar.hidden = !is;
}

function listen() {
  const source = new EventSource(words.events);
  let lost = false;
  source.addEventListener("open", () => {
    offline(false);
    if (lost) rereadSoon();
    lost = false;
  });
  source.addEventListener("incident", rereadSoon);
  source.addEventListener("error", () => {
    lost = true;
    offline(true);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5_000);
  });
}

for (const sign of ["focusin", "input", "keydown"])
  document.addEventListener(sign, () => { typedAt = performance.now(); });
document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
tick();
setInterval(tick, 1_000);
if (words.events) {
  listen();
  setInterval(rereadSoon, 60_000);
}
