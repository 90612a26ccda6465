import { format } from "prettier";

/** As the formatter of the checkout wants a document, so that it and the writer do not fight. */
export const formatDocument = (text: string): Promise<string> =>
  format(text, { parser: "markdown", printWidth: 100 });
