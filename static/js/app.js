// The entry: improves pages that already work without it.

import * as part from "./part.js";
import * as list from "./list.js";
import * as open from "./open.js";
import * as toast from "./toast.js";
import * as selection from "./selection.js";
import * as actions from "./actions.js";
import * as move from "./move.js";
import * as keys from "./keys.js";
import * as dialog from "./dialog.js";
import * as drawer from "./drawer.js";
import * as menu from "./menu.js";
import * as frame from "./frame.js";
import * as pane from "./pane.js";
import * as swipe from "./swipe.js";
import * as folders from "./folders.js";
import * as form from "./form.js";
import * as search from "./search.js";
import * as more from "./more.js";

let compose = null;

/** The editor and what belongs to writing load when somebody writes. */
async function loadCompose() {
  if (compose || !document.querySelector("[data-compose]")) return;
  compose = import("./compose.js");
  (await compose).install(document);
}

document.documentElement.classList.add("js");
for (const module of [part, list, open, toast, selection, actions, move, keys, dialog, drawer, menu, frame, pane, swipe, folders, form, search, more]) {
  module.install(document);
}
document.addEventListener("part:swapped", loadCompose);
loadCompose();
if (document.querySelector("[data-settings]")) import("./settings.js").then(({ install }) => install(document));
