// Whoever was signed out meanwhile signs in beside the page, which keeps what they typed.

export const SIGN_IN = { href: "/sign-in/?again=1", text: "Sign in" };

export const signInLink = () => Object.assign(document.createElement("a"), { href: SIGN_IN.href, textContent: SIGN_IN.text, target: "_blank" });
