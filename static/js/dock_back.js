// On the phone a window is one step in the browser's history: going back closes it.

const drafts = new Map(); // what a step's window became the draft of

const ours = []; // steps back that we took ourselves: what waits for each

const sheet = () => [...document.querySelectorAll("#docks > .compose")].findLast((each) => each.dataset.step);

export function enter(section, url) {
  const step = history.state?.sheet;
  // One that takes the place of another has its step too.
  if (step && !ours.length && !document.querySelector(`[data-step="${step}"]`)) {
    section.dataset.step = step;
    return history.replaceState(history.state, "", url);
  }
  section.dataset.step = crypto.randomUUID();
  return history.pushState({ sheet: section.dataset.step, depth: history.state?.depth }, "", url);
}

/** The window is gone; its step goes too, and then the address is that of what lies beneath. */
export async function retreat(section) {
  if (!section.dataset.step || !history.state?.sheet) return;
  await new Promise((gone) => {
    ours.push(gone);
    history.back();
  });
}

async function close(section) {
  const { closeWindow } = await import("./compose.js");
  const form = section.querySelector("form[data-compose]");
  const { step } = section.dataset;
  delete section.dataset.step;
  const saved = await closeWindow(section);
  if (!("fresh" in form.dataset)) drafts.set(step, form.action);
  if (!saved) enter(section, form.action); // it stays, and says so
}

export function installBack(openWindow, findWindow) {
  // Before what shows the panes of an address: beneath the window they are still there.
  addEventListener(
    "popstate",
    (event) => {
      const open = sheet();
      if (ours.length) ours.shift()();
      else if (event.state?.sheet) findWindow(location.href) ?? comeBack(openWindow);
      else if (open) close(open);
      else return;
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}

/** Forward again, to a window that was closed. */
async function comeBack(openWindow) {
  const { sheet: step } = history.state;
  const section = await openWindow(drafts.get(step) ?? location.href, { quiet: true, opener: null });
  if (section) section.dataset.step = step;
  else location.reload();
}
