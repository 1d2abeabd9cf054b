// The page as its readers use it: load, keyboard, sorting, tooltips, width, print.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { LANGUAGES, open, screenshot, start } from "./browser.js";

let browser;
let close;
before(async () => ({ browser, close } = await start()));
after(() => close());

for (const name of [...LANGUAGES, "first"]) {
  test(`${name}: loads without network and says nothing on the console`, async () => {
    const { page, incidents, context } = await open(browser, name);
    await page.mouse.move(300, 300);
    await page.mouse.wheel(0, 4000);
    assert.deepEqual(incidents, []);
    assert.ok((await page.locator("main > section").count()) > 8);
    await context.close();
  });
}

test("every section is reached by keyboard", async () => {
  const { page, context } = await open(browser, "en");
  const sections = await page.$$eval("main > section[id]", (all) => all.map((section) => section.id));
  const reached = new Set();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  for (let steps = 0; steps < 400 && reached.size < sections.length; steps += 1) {
    await page.keyboard.press("Tab");
    const target = await page.evaluate(() => document.activeElement.closest("nav a")?.hash.slice(1));
    if (target) reached.add(target);
  }
  assert.deepEqual([...reached].sort(), [...sections].sort());
  for (const section of sections) {
    await page.locator(`nav a[href="#${section}"]`).focus();
    await page.keyboard.press("Enter");
    await page.waitForTimeout(30);
    assert.equal(await page.evaluate(() => location.hash), `#${section}`);
  }
  await context.close();
});

test("tables that scroll can be scrolled by keyboard", async () => {
  const { page, context } = await open(browser, "en", { viewport: { width: 400, height: 800 } });
  const frames = await page.$$eval(".scroll", (all) => all.every((frame) => frame.tabIndex === 0));
  assert.ok(frames);
  await page.locator("#segments .scroll").first().focus();
  for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(300);
  assert.ok((await page.locator("#segments .scroll").first().evaluate((frame) => frame.scrollLeft)) > 0);
  await context.close();
});

const columnOf = (page, heading) =>
  heading.evaluate((cell) => {
    const table = cell.closest("table");
    const values = [...table.tBodies[0].rows].map((row) => row.cells[1].dataset.sort);
    return values.map(Number);
  });

for (const language of LANGUAGES) {
  test(`${language}: numbers are sorted as numbers, by click and by key`, async () => {
    const { page, incidents, context } = await open(browser, language);
    const heading = page.locator("#segments table").first().locator("thead tr:nth-child(2) th").first();
    const before = await columnOf(page, heading);
    const descending = [...before].sort((a, b) => b - a);
    await heading.locator("button").click();
    assert.deepEqual(await columnOf(page, heading), descending);
    assert.equal(await heading.getAttribute("aria-sort"), "descending");
    await heading.locator("button").focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await columnOf(page, heading), [...descending].reverse());
    assert.equal(await heading.getAttribute("aria-sort"), "ascending");
    assert.equal(await page.locator("#segments [aria-sort]").count(), 1);
    assert.deepEqual(incidents, []);
    await context.close();
  });
}

test("every column of every sortable table sorts and keeps its rows", async () => {
  const { page, context } = await open(browser, "pl");
  const problems = await page.evaluate(() => {
    const found = [];
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const rows = () => [...table.tBodies[0].rows].map((row) => row.textContent).sort().join("|");
      const before = rows();
      for (const button of table.querySelectorAll("thead button")) {
        button.click();
        button.click();
        if (rows() !== before) found.push(`${table.caption?.textContent}: ${button.textContent}`);
        const numeric = button.closest("th").classList.contains("n");
        if (numeric && !table.querySelector("tbody td[data-sort]")) found.push(`${button.textContent} without numbers`);
      }
    }
    return found;
  });
  assert.deepEqual(problems, []);
  assert.ok((await page.locator("thead button").count()) > 20);
  await context.close();
});

test("the exact value is shown in a tooltip and Escape puts it away", async () => {
  const { page, context } = await open(browser, "en");
  const cell = page.locator("#segments td [title]").first();
  const title = await cell.getAttribute("title");
  // A tooltip goes away when the page scrolls, so the scrolling has to be over before it is asked for.
  await cell.scrollIntoViewIfNeeded();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await cell.hover();
  await page.locator(".tip").waitFor({ state: "visible" });
  assert.equal(await page.locator(".tip").textContent(), title);
  assert.ok(await page.locator(".tip").isVisible());
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".tip").isHidden());
  assert.equal(await cell.getAttribute("title"), title);
  await context.close();
});

test("without scripts the page is complete", async () => {
  const texts = {};
  for (const javaScriptEnabled of [true, false]) {
    const { page, context } = await open(browser, "en", { javaScriptEnabled });
    texts[javaScriptEnabled] = (await page.locator("main").innerText()).replace(/\s+/g, " ");
    assert.equal(await page.locator("thead button").count() > 0, javaScriptEnabled);
    await context.close();
  }
  assert.equal(texts[false], texts[true]);
});

for (const language of LANGUAGES) {
  for (const width of [1280, 400]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`${language}: fits ${width} px, ${colorScheme}`, async () => {
        const { page, context } = await open(browser, language, { viewport: { width, height: 900 }, colorScheme });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide`);
        await page.screenshot({ path: screenshot(`${language}-${width}-${colorScheme}`), fullPage: true });
        await context.close();
      });
    }
  }

  test(`${language}: the first screen is one printed page`, async () => {
    const { page, context } = await open(browser, language);
    const whole = pagesOf(await page.pdf({ preferCSSPageSize: true }));
    await page.evaluate(() => {
      const summary = document.querySelector(".summary");
      while (summary.nextSibling) summary.nextSibling.remove();
      document.querySelector("footer").remove();
    });
    assert.equal(pagesOf(await page.pdf({ preferCSSPageSize: true })), 1);
    assert.ok(whole > 3);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 688, height: 1016 });
    await page.screenshot({ path: screenshot(`${language}-print`), fullPage: true });
    await context.close();
  });
}

/** Pages of a PDF that Chromium wrote, which leaves page objects uncompressed. */
const pagesOf = (pdf) => pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
