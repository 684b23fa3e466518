// The tool bar is one stop of the Tab key; menu.js moves inside by arrows.

const tools = (bar) => [...bar.querySelectorAll("button")];

function leadTo(bar, tool) {
  for (const each of tools(bar)) each.tabIndex = each === tool ? 0 : -1;
}

export function installToolbar(bar) {
  const first = tools(bar)[0];
  leadTo(bar, first);
  bar.addEventListener("focusin", ({ target }) => target.matches("button") && leadTo(bar, target));
  // One that a narrower screen hides would take the whole bar with it.
  bar.addEventListener("focusout", ({ relatedTarget }) => bar.contains(relatedTarget) || leadTo(bar, first));
}
