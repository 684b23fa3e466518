// The entry: improves pages that already work without it.

import { install as part } from "./part.js";
import { install as list } from "./list.js";
import { install as conversation } from "./conversation.js";
import { install as ahead } from "./ahead.js";
import { install as open } from "./open.js";
import { install as toast } from "./toast.js";
import { install as selection } from "./selection.js";
import { install as actions } from "./actions.js";
import { install as move } from "./move.js";
import { install as keys } from "./keys.js";
import { install as dialog } from "./dialog.js";
import { install as drawer } from "./drawer.js";
import { install as menu } from "./menu.js";
import { install as frame } from "./frame.js";
import { install as linkTarget } from "./link_target.js";
import { install as pictures } from "./pictures.js";
import { install as printing } from "./printing.js";
import { install as pane } from "./pane.js";
import { install as hover } from "./hover.js";
import { install as swipe } from "./swipe.js";
import { install as folders } from "./folders.js";
import { install as dock } from "./dock.js";
import { install as dockKeys } from "./dock_keys.js";
import { install as dockSpare } from "./dock_spare.js";
import { install as form } from "./form.js";
import { install as search } from "./search.js";
import { install as searchLive } from "./search_live.js";
import { install as more } from "./more.js";
import { install as news } from "./news.js";
import { install as code } from "./code.js";
import { install as gallery } from "./gallery.js";
import { install as previews } from "./previews.js";
import { install as dragOut } from "./drag_out.js";

let compose = null;

/** The editor and what belongs to writing load when somebody writes. */
async function loadCompose() {
  if (compose || !document.querySelector("[data-compose]")) return;
  compose = import("./compose.js");
  (await compose).install(document);
}

document.documentElement.classList.add("js");
for (const install of [part, list, conversation, dock, open, ahead, toast, selection, actions, move, keys, dialog, drawer, menu, frame, printing, linkTarget, pictures, pane, hover, swipe, folders, dockKeys, dockSpare, form, search, searchLive, more, news, code, gallery, previews, dragOut]) {
  install(document);
}
document.addEventListener("part:swapped", loadCompose);
loadCompose();
if (document.querySelector(".section-tabs")) import("./settings.js").then(({ install }) => install(document));
if (document.querySelector("[data-push-unable]")) import("./notifications.js").then(({ install }) => install(document));
if (document.querySelector("[data-own-keys]")) import("./pgp_settings.js").then(({ install }) => install(document));

/** Signed and encrypted mail, for whoever turned OpenPGP on. */
function loadOpenPGP() {
  if (document.querySelector("[data-pgp]:not([data-pgp-started])")) import("./pgp_reader.js").then(({ install }) => install(document));
}
document.addEventListener("part:swapped", loadOpenPGP);
loadOpenPGP();
if (document.querySelector("[data-offers-people]")) import("./redirect.js").then(({ install }) => install(document));
