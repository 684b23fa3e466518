// The buttons of the row under the mouse, from one template: in each of fifty rows they would be a
// third of the page.  Keys, fingers and pages without script have the bar for ticked rows instead.

import { matchButtons } from "./rows.js";

function addButtons(row) {
  const acts = document.getElementById("row-acts").content.cloneNode(true);
  const action = `${row.closest("form").getAttribute("action")}?ref=${encodeURIComponent(row.dataset.ref)}`;
  for (const button of acts.querySelectorAll("button")) button.setAttribute("formaction", action);
  row.append(acts);
  matchButtons(row);
}

export function install(root) {
  root.addEventListener("pointerover", (event) => {
    const row = event.pointerType === "mouse" && event.target.closest?.("form[data-actions] .row");
    if (row && !row.querySelector(".row-acts")) addButtons(row);
  });
}
