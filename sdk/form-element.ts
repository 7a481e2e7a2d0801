import { z } from 'zod'
import type { Text } from './text.ts'

/** The kinds of fields; `web/ui/form-elements.tsx` draws each. */
export const elementTypes = [
  'text',
  'textarea',
  'email',
  'tel',
  'url',
  'number',
  'money',
  'checkbox',
  'select',
  'radio',
  'date',
  'list',
  'learners',
  'secret',
] as const
export type ElementType = (typeof elementTypes)[number]

/** What a picker offers, read from the live site. */
export type Picker = 'course' | 'category' | 'role' | 'cohort' | 'group'

const text = z.strictObject({ en: z.string().min(1), fr: z.string().min(1) })

/**
 * One field of a form. Handlers get theirs from their schemas (`elementsOf`); operators write theirs as a JSON list.
 * `min` and `max` bound a number's value, an amount of money in cents, a text's length, or a list's
 * items or people.
 */
export const formElement = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'a name starts with a small letter and has letters and digits only'),
  type: z.enum(elementTypes),
  label: text,
  help: text.optional(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
  options: z.array(z.strictObject({ value: z.string(), label: text })).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** Whole numbers only: a number's value, or each item of a list (of ids, say). */
  whole: z.boolean().optional(),
  pattern: z.string().optional(),
  patternHelp: text.optional(),
  visibleWhen: z
    .strictObject({ field: z.string(), is: z.array(z.union([z.string(), z.boolean()])).min(1) })
    .optional(),
  picker: z.enum(['course', 'category', 'role', 'cohort', 'group']).optional(),
  /** The field whose course the picker of groups or roles depends on. */
  pickerOf: z.string().optional(),
  /** The HTML autocomplete token. */
  autocomplete: z.string().optional(),
  /** Filled from the buyer's own identity when the customer says "it is for me". */
  forMe: z.enum(['email', 'firstname', 'lastname']).optional(),
  /** Offered once for all units of a line. */
  sameForAll: z.boolean().optional(),
  /** Takes the reference of a product: a customer who is signed in may choose among their own. */
  ownProducts: z.boolean().optional(),
  /** What is typed is checked at once: see the handler's `checkField`. */
  checkWhileTyping: z.boolean().optional(),
  /** Each person of a list of learners needs a first and a last name; so too when absent. */
  names: z.boolean().optional(),
})
/** One field, read and complete. */
export type FormElement = z.output<typeof formElement>

/** What a schema's `.meta()` may say of a field, beyond what the schema itself tells. */
export type FieldMeta = Partial<
  Pick<
    FormElement,
    | 'label'
    | 'help'
    | 'type'
    | 'patternHelp'
    | 'visibleWhen'
    | 'picker'
    | 'pickerOf'
    | 'autocomplete'
    | 'forMe'
    | 'sameForAll'
    | 'ownProducts'
    | 'checkWhileTyping'
  >
> & { optionLabels?: Record<string, Text> }
