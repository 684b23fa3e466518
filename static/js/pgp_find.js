// Asks for the keys of addresses: this server asks the servers of their domains, on a click.

import { ask, SignedOut } from "./compose_wire.js";
import { signInLink } from "./signed_out.js";

const URL = "/settings/encryption/";

/** The sentences about those that were not found, and where to go for whoever was signed out;
 * `answered` says whether there is no use in asking again. */
export async function findKeys(addresses, token) {
  const said = [];
  const form = document.createElement("form"); // where a newer token is put
  form.append(Object.assign(document.createElement("input"), { name: "csrfmiddlewaretoken", value: token }));
  try {
    for (const address of addresses) {
      const body = new FormData(form);
      for (const [name, value] of Object.entries({ do: "find-known", address })) body.set(name, value);
      said.push(...Object.values((await ask(form, URL, body)).errors));
    }
  } catch (problem) {
    if (problem instanceof SignedOut) return { said: ["You are signed out. ", signInLink()], answered: false };
    return { said: ["The server did not answer."], answered: false };
  }
  return { said, answered: true };
}
