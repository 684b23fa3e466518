// "Copy code" beside a one-time code; without this the code is text to select.

export function install(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-code]");
    if (!button) return;
    const code = button.closest(".card").querySelector("[data-code]");
    const words = button.querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(code.textContent.trim());
      words.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      words.textContent = "Press Ctrl+C to copy";
    }
  });
}
