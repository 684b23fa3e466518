// What is asked about one picture of the text: its description, its size, whether it stays.

import { offerSizes, setSize, sizeChosen } from "./compose_figure.js";

/** Answers whether there is a picture to ask about. */
export function edit(context, picture = context.state.editor?.pictureSelected()) {
  if (!picture) return false;
  const { form, draft, state, host } = context;
  const dialog = form.parentElement.querySelector("[data-picture-dialog]");
  const sizes = dialog.querySelector("[data-sizes]");
  const field = dialog.querySelector("input");
  field.value = picture.alt;
  offerSizes(sizes, picture);
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      const size = sizeChosen(sizes, picture);
      if (dialog.returnValue === "remove") state.editor.change(() => picture.remove());
      if (dialog.returnValue === "ok") state.editor.change(() => (picture.setAttribute("alt", field.value.trim()), size && setSize(picture, size)));
      if (dialog.returnValue) (host.focus(), draft.changed());
      if (dialog.returnValue === "ok" && size && size !== "original") lighten(context, picture);
    },
    { once: true },
  );
  return true;
}

/** A large photo that is shown small need not leave as large: the offer on its card is taken. */
function lighten({ list, stored }, picture) {
  const url = stored[picture.dataset.cid] ?? "";
  const card = [...list.children].find(({ dataset }) => dataset.file && url.includes(`/${dataset.file}/`));
  card?.querySelector('[data-photo][value="small"]')?.click();
}
