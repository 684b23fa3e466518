// The one DOMPurify of a page: its Trusted Types policy can be made once only.

import createDOMPurify from "dompurify";

export const purify = createDOMPurify(window);
