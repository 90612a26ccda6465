/**
 * Integer arithmetic on decimal digits, exact at any size.
 *
 * The type checker cannot add numbers, but it can concatenate tuples and read their length. So one
 * digit is computed with tuples of at most 90 entries, and numbers of any size digit by digit, as
 * on paper. Numbers are strings such as "784"; inside this file they are often reversed, lowest
 * digit first ("487"), because that is the end a carry starts from.
 */

export type Tally = 0[];

/** A digit as a tuple of that length. */
export interface TallyOf {
  0: [];
  1: [0];
  2: [0, 0];
  3: [0, 0, 0];
  4: [0, 0, 0, 0];
  5: [0, 0, 0, 0, 0];
  6: [0, 0, 0, 0, 0, 0];
  7: [0, 0, 0, 0, 0, 0, 0];
  8: [0, 0, 0, 0, 0, 0, 0, 0];
  9: [0, 0, 0, 0, 0, 0, 0, 0, 0];
}

export type Digit = keyof TallyOf;
export type Ten = [...TallyOf[9], 0];

export type Count<T extends Tally> = `${T["length"] & number}`;

export type Reverse<
  S extends string,
  Done extends string = "",
> = S extends `${infer Head}${infer Rest}` ? Reverse<Rest, `${Head}${Done}`> : Done;

export type StripZeros<S extends string> = S extends `0${infer Rest}`
  ? Rest extends ""
    ? "0"
    : StripZeros<Rest>
  : S;

/** First digit of a number, 0 when the digits have run out. */
export type FirstDigit<S extends string> = S extends `${infer D extends Digit}${string}` ? D : 0;
export type OtherDigits<S extends string> = S extends `${string}${infer Rest}` ? Rest : "";

// ---- addition ----

/** X + Y, all three reversed. */
export type AddReversed<
  X extends string,
  Y extends string,
  Carry extends Tally = [],
  Sum extends string = "",
> = `${X}${Y}` extends ""
  ? Carry extends []
    ? Sum
    : `${Sum}1`
  : Count<
        [...TallyOf[FirstDigit<X>], ...TallyOf[FirstDigit<Y>], ...Carry]
      > extends `${infer First}${infer Second}`
    ? Second extends ""
      ? AddReversed<OtherDigits<X>, OtherDigits<Y>, [], `${Sum}${First}`>
      : AddReversed<OtherDigits<X>, OtherDigits<Y>, [0], `${Sum}${Second}`>
    : never;

export type Add<X extends string, Y extends string> = Reverse<AddReversed<Reverse<X>, Reverse<Y>>>;

// ---- subtraction ----

export type Shorten<X extends Tally, Y extends Tally> = X extends [
  ...Y,
  ...infer Rest extends Tally,
]
  ? Count<Rest>
  : "borrow";

/** X - Y, all three reversed; "negative" when X < Y. */
export type SubtractReversed<
  X extends string,
  Y extends string,
  Borrow extends Tally = [],
  Difference extends string = "",
> = `${X}${Y}` extends ""
  ? Borrow extends []
    ? Difference
    : "negative"
  : Shorten<TallyOf[FirstDigit<X>], [...TallyOf[FirstDigit<Y>], ...Borrow]> extends infer D extends
        string
    ? D extends "borrow"
      ? SubtractReversed<
          OtherDigits<X>,
          OtherDigits<Y>,
          [0],
          `${Difference}${Shorten<
            [...Ten, ...TallyOf[FirstDigit<X>]],
            [...TallyOf[FirstDigit<Y>], ...Borrow]
          >}`
        >
      : SubtractReversed<OtherDigits<X>, OtherDigits<Y>, [], `${Difference}${D}`>
    : never;

/** X - Y, or "negative". */
export type Subtract<X extends string, Y extends string> =
  SubtractReversed<Reverse<X>, Reverse<Y>> extends infer D extends string
    ? D extends "negative"
      ? D
      : StripZeros<Reverse<D>>
    : never;

// ---- multiplication ----

export type Repeat<T extends Tally, Times extends Tally, Done extends Tally = []> = Times extends [
  0,
  ...infer Rest extends Tally,
]
  ? Repeat<T, Rest, [...Done, ...T]>
  : Done;

/** A number times one digit; the number and the product are reversed. */
export type TimesDigit<
  X extends string,
  D extends Digit,
  Carry extends Tally = [],
  Product extends string = "",
> = X extends `${infer Low extends Digit}${infer Rest}`
  ? Count<
      [...Repeat<TallyOf[Low], TallyOf[D]>, ...Carry]
    > extends `${infer First extends Digit}${infer Second}`
    ? Second extends ""
      ? TimesDigit<Rest, D, [], `${Product}${First}`>
      : TimesDigit<Rest, D, TallyOf[First], `${Product}${Second}`>
    : never
  : Carry extends []
    ? Product
    : `${Product}${Count<Carry>}`;

/** Horner's scheme over the digits of Y, product = 10 * product + x * digit; only Y is not reversed. */
export type MultiplyReversed<
  X extends string,
  Y extends string,
  Product extends string = "",
> = Y extends `${infer D extends Digit}${infer Rest}`
  ? MultiplyReversed<X, Rest, AddReversed<`0${Product}`, TimesDigit<X, D>>>
  : Product;

export type Multiply<X extends string, Y extends string> = X extends "1"
  ? Y
  : Y extends "1"
    ? X
    : StripZeros<Reverse<MultiplyReversed<Reverse<X>, Y>>>;

// ---- division ----

/** How often Y goes into X (fewer than ten times), and what is left; X, Y, rest reversed. */
export type DigitQuotient<X extends string, Y extends string, Q extends Tally = []> =
  SubtractReversed<X, Y> extends infer Rest extends string
    ? Rest extends "negative"
      ? [quotient: Count<Q>, rest: X]
      : DigitQuotient<Rest, Y, [...Q, 0]>
    : never;

/** Long division; X in reading order, Y and the rest reversed. */
export type DivideReversed<
  X extends string,
  Y extends string,
  Rest extends string = "",
  Quotient extends string = "",
> = X extends `${infer D}${infer Lower}`
  ? DigitQuotient<`${D}${Rest}`, Y> extends [infer Q extends string, infer NewRest extends string]
    ? DivideReversed<Lower, Y, NewRest, `${Quotient}${Q}`>
    : never
  : [quotient: StripZeros<Quotient>, rest: StripZeros<Reverse<Rest>>];

/** `[quotient, rest]` of X / Y; Y must not be "0". */
export type Divide<X extends string, Y extends string> = Y extends "1"
  ? [quotient: X, rest: "0"]
  : DivideReversed<X, Reverse<Y>>;

/** The number a decimal string stands for. */
export type ToNumber<S extends string> = S extends `${infer N extends number}` ? N : number;
