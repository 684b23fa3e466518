// OpenPGP.js as everything here uses it: strict, and loaded when it is first needed.

let loading = null;

/** The library, with what deceives turned off: no message without integrity protection (T91). */
export function library() {
  loading ??= import("openpgp/lightweight").then((openpgp) => {
    Object.assign(openpgp.config, {
      allowUnauthenticatedMessages: false,
      allowUnauthenticatedStream: false,
      allowInsecureDecryptionWithSigningKeys: false,
      showVersion: false,
      showComment: false,
      maxUserIDLength: 5000,
      maxDecompressedMessageSize: 50_000_000,
    });
    return openpgp;
  });
  return loading;
}

/** A sentence for what went wrong with a key or its passphrase. */
export function wordsForKey(problem) {
  const said = String(problem?.message ?? problem);
  if (/Incorrect key passphrase/i.test(said)) return "This is not the passphrase of the key.";
  if (/argon2|WebAssembly|wasm/i.test(said)) return "The passphrase of this key is protected by Argon2, which this page may not run. Change the protection of the key in the program that made it.";
  if (/misformed|armor/i.test(said)) return "This is no OpenPGP key, or a part of it is missing.";
  return `The key could not be used: ${said}`;
}
