/** The options of a call, as plain data: together with shapes and dtypes they fix the program. */
export type Attrs = Readonly<Record<string, AttrValue>>;
export type AttrValue = number | string | boolean | null | readonly number[];

export const noAttrs: Attrs = {};
