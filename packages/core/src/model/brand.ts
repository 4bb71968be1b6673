declare const brand: unique symbol;

/** A type-only tag: the value is a plain `T`, the compiler keeps different tags apart. */
export type Brand<T, Tag extends string> = T & { readonly [brand]: Tag };
