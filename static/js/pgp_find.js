// Asks for the keys of addresses: this server asks the servers of their domains, on a click.

const URL = "/settings/encryption/";

/** The sentences about those that were not found. */
export async function findKeys(addresses, token) {
  const said = [];
  for (const address of addresses) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, do: "find-known", address })) body.set(name, value);
    const response = await fetch(URL, { method: "POST", body, headers: { Accept: "application/json" } });
    const { errors } = await response.json();
    said.push(...Object.values(errors));
  }
  return said;
}
