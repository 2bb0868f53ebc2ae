// Looks at the console in a real browser. Arguments: a one-time sign-in link for each server to look
// at. Environment: CHROMIUM names the browser, SCREENSHOTS a folder that receives a picture of every
// page.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import axe from "axe-core";
import { chromium } from "playwright-core";

const WIDTHS = [1280, 768, 390];
const NARROWEST = 320;
const THEMES = ["light", "dark"];
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const FIRST_VISIT = { requests: 4, bytes: 40 * 1024 };

const links = process.argv.slice(2).map((link) => new URL(link));
assert(links.length > 0, "usage: node check.mjs SIGN_IN_LINK…");
const screenshots = process.env.SCREENSHOTS;
if (screenshots) mkdirSync(screenshots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
let checked = 0;
try {
  for (const [index, link] of links.entries()) await checkServer(`${index + 1}`, link);
} finally {
  await browser.close();
}
console.log(`${checked} checks of ${links.length} server(s) passed`);

async function checkServer(server, link) {
  await checkUnsigned(server, link);
  const session = await checkSignIn(link);
  for (const path of ["/", "/start", "/no-such-page"]) {
    for (const theme of THEMES) {
      for (const width of WIDTHS) await checkPage({ server, link, session, path, theme, width });
    }
  }
  await checkFirstVisit(link, session);
  await checkCopy(link, session);
  await checkWithoutScript(link, session);
  await checkMenu(link, session);
  await checkSignOut(link, session);
}

async function checkUnsigned(server, link) {
  for (const theme of THEMES) {
    await checkPage({ server, link, session: undefined, path: "/", theme, width: 1280, status: 401 });
    await checkPage({ server, link, session: undefined, path: "/", theme, width: 390, status: 401 });
  }
}

async function checkSignIn(link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link.href);
  assert.equal(new URL(page.url()).pathname, "/", "the link leads to the first page");
  // A page with a run going loads itself again, under the feet of the checks.
  while (await page.locator(".st.run").count()) {
    await setTimeout(200);
    await page.reload();
  }
  const session = await context.storageState();
  assert.equal(session.cookies.length, 1);
  assert(session.cookies[0].httpOnly);
  await context.close();

  const second = await browser.newContext();
  const answer = await (await second.newPage()).goto(link.href);
  assert.equal(answer.status(), 401, "the link works once");
  await second.close();
  passed();
  return session;
}

async function checkPage({ server, link, session, path, theme, width, status }) {
  const where = `${path} at ${width} in ${theme}`;
  const context = await browser.newContext({
    colorScheme: theme,
    storageState: session,
    viewport: { width, height: 900 },
  });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  const answer = await page.goto(new URL(path, link).href);
  const expected = status ?? (path === "/no-such-page" ? 404 : 200);
  assert.equal(answer.status(), expected, where);

  await checkReflow(page, width, where);
  await checkFocus(page, where);
  // The browser itself reports a document of 401 or 404 as an error.
  const own = complaints.filter((text) => !text.includes(`status of ${expected}`));
  assert.deepEqual(own, [], where);
  // After the complaints: axe tries inline styles, which the policy rightly refuses.
  await checkAxe(page, where);
  if (screenshots) {
    const name = status ? "unsigned" : path.slice(1) || "overview";
    await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
    await page.screenshot({ path: join(screenshots, `${server}-${name}-${width}-${theme}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: NARROWEST, height: 900 });
  await checkReflow(page, NARROWEST, where);
  await context.close();
  passed();
}

// Breaches of the policy arrive as console errors.
function complaintsOf(page) {
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

async function checkReflow(page, width, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= width, `${where}: ${wide} pixels wide in a window of ${width}`);
}

async function checkAxe(page, where) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (values) => globalThis.axe.run(document, { preload: false, runOnly: { type: "tag", values } }),
    AXE_TAGS,
  );
  const said = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(said, [], where);
}

// Every stop of the Tab key is on screen, uncovered, and ringed.
async function checkFocus(page, where) {
  const seen = new Set();
  for (let stop = 0; stop < 100; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      element.dataset.stop ??= String(Math.random());
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return {
        id: element.dataset.stop,
        html: element.outerHTML.slice(0, 120),
        ring: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
        visible: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        uncovered: element.contains(at) || at?.contains(element),
      };
    });
    if (!focus || seen.has(focus.id)) break;
    seen.add(focus.id);
    assert(focus.ring, `${where}: no focus ring on ${focus.html}`);
    assert(focus.visible, `${where}: focus out of sight on ${focus.html}`);
    assert(focus.uncovered, `${where}: focus covered on ${focus.html}`);
  }
  assert(seen.size > 0, `${where}: nothing can be reached by keyboard`);
}

async function checkFirstVisit(link, session) {
  const context = await browser.newContext({ storageState: session });
  const page = await context.newPage();
  const sizes = [];
  page.on("requestfinished", async (request) => sizes.push(request.sizes()));
  await page.goto(new URL("/", link).href, { waitUntil: "networkidle" });
  const settled = await Promise.all(sizes);
  const bytes = settled.reduce((sum, size) => sum + size.responseBodySize, 0);
  assert(settled.length <= FIRST_VISIT.requests, `${settled.length} requests at the first visit`);
  assert(bytes <= FIRST_VISIT.bytes, `${bytes} bytes at the first visit`);
  await context.close();
  passed();
}

async function checkCopy(link, session) {
  const context = await browser.newContext({ storageState: session });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  await page.goto(new URL("/", link).href);
  for (const line of await page.locator(".paste li").all()) {
    await line.getByRole("button").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await line.locator(":scope > code").textContent());
    assert.match(await page.locator("#copied").textContent(), /^Copied /);
  }
  await context.close();
  passed();
}

async function checkWithoutScript(link, session) {
  const context = await browser.newContext({ storageState: session, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(new URL("/", link).href);
  assert.equal(await page.locator(".paste button:visible").count(), 0, "no button without its script");
  assert(await page.getByRole("heading", { level: 1 }).isVisible());
  await context.close();
  passed();
}

async function checkMenu(link, session) {
  const context = await browser.newContext({ storageState: session, viewport: { width: 390, height: 900 } });
  const page = await context.newPage();
  await page.goto(new URL("/", link).href);
  const menu = page.getByRole("button", { name: "Menu" });
  const first = page.getByRole("link", { name: "First steps" }).first();
  await menu.focus();
  await page.keyboard.press("Enter");
  assert(await first.isVisible(), "Enter opens the menu");
  await page.keyboard.press("Escape");
  assert(!(await first.isVisible()), "Escape closes the menu");
  assert(await menu.evaluate((button) => button === document.activeElement), "focus returns to the button");
  await context.close();
  passed();
}

async function checkSignOut(link, session) {
  const context = await browser.newContext({ storageState: session });
  const page = await context.newPage();
  await page.goto(new URL("/", link).href);
  const button = page.getByRole("button", { name: "Sign out" });
  if (await button.count()) {
    await button.click();
    assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /not signed in/);
    await context.addCookies(session.cookies);
    const answer = await page.goto(new URL("/", link).href);
    assert.equal(answer.status(), 401, "a session that was ended stays ended");
  }
  await context.close();
  passed();
}

function passed() {
  checked += 1;
}
