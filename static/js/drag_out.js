// An attachment dragged out of the window is saved under its own name, where the browser can.

function onDragStart(event) {
  const link = event.target.closest?.("[data-drag]");
  if (!link || !event.dataTransfer) return;
  const url = new URL(link.dataset.drag, location.href).href;
  const name = link.closest(".file")?.querySelector(".name")?.textContent.trim().replace(/[:\r\n]/g, "_") || "attachment";
  event.dataTransfer.setData("DownloadURL", `application/octet-stream:${name}:${url}`);
  event.dataTransfer.setData("text/uri-list", url);
}

export function install(root) {
  root.addEventListener("dragstart", onDragStart);
}
