import { z } from 'zod'

/** Moodle's parameter types. Everything arrives as text; nothing is coerced that Moodle would refuse. */

/** PARAM_INT: `1`, `-1`; neither `01`, `1.0` nor the empty text. */
export const int = z
  .string()
  .regex(/^(?:0|-?[1-9]\d{0,17})$/)
  .transform(Number)

/** PARAM_BOOL: `0` or `1`; `true` is refused. */
export const flag = z.enum(['0', '1']).transform((value) => value === '1')

/** PARAM_RAW: any text. */
export const raw = z.string()

/** PARAM_TEXT, PARAM_NOTAGS: a text that holds no tags. */
export const text = z.string().refine((value) => !/<[a-z/!]/i.test(value))

/** PARAM_USERNAME: lower case, and without "extended characters" nothing but letters, digits, `-`, `.`, `@`, `_`. */
export const username = z.string().regex(/^[-.@_a-z0-9]*$/)

/** A list: PHP keeps the order of the keys and doesn't mind which they are. */
export const list = <S extends z.ZodType>(element: S) =>
  z.preprocess(
    (value) => (typeof value === 'object' && value !== null ? Object.values(value) : value),
    z.array(element),
  )

/** `options[0][name]=…&options[0][value]=…` */
export const namedOptions = list(z.strictObject({ name: raw, value: raw })).optional()
