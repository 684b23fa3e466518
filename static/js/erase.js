// Asks before messages are deleted for good: the one act on mail that cannot be undone.

const dialog = () => document.getElementById("erase");
const inTrash = () => Boolean(document.querySelector('#folders .folder[aria-current] use[href="#i-trash-2"]'));

export const isForGood = (act) => act === "erase" || act === "destroy" || (act === "delete" && inTrash());

/** Answers with the field that says the person was asked, or null. */
export function askWhether(number) {
  dialog().querySelector("[data-number]").textContent = number === 1 ? "This message is" : `${number} messages are`;
  dialog().returnValue = "";
  dialog().showModal();
  return new Promise((resolve) => {
    const answer = () => resolve(dialog().returnValue === "erase" ? { confirmed: "1" } : null);
    dialog().addEventListener("close", answer, { once: true });
  });
}
