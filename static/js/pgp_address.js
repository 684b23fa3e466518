// Addresses as keys are looked up by them: in lower case, the domain as it is asked for in DNS.

export function compared(address) {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (/^[\0-\x7f]*$/.test(domain)) return address.toLowerCase();
  try {
    return `${address.slice(0, at).toLowerCase()}@${new URL(`http://${domain}`).hostname}`;
  } catch {
    return address.toLowerCase();
  }
}
