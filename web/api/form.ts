import { z } from '@hono/zod-openapi'
import { elementsOf, jsonSchemaOf } from '../../sdk/form.ts'
import { type FormElement, formElement } from '../../sdk/form-element.ts'
import type { Locale } from '../ui/locale.ts'

/** A form: its JSON Schema, for programs that validate, and its fields in order, for those that draw it. */
export const form = z
  .object({
    schema: z.record(z.string(), z.unknown()).openapi({
      description:
        'JSON Schema 2020-12; titles and descriptions in the language that Accept-Language asks for.',
    }),
    elements: z.array(formElement),
  })
  .openapi('Form')

export const exampleForm: z.input<typeof form> = {
  schema: {
    type: 'object',
    properties: { email: { type: 'string', format: 'email', title: 'Learner’s e-mail' } },
    required: ['email'],
  },
  elements: [
    {
      name: 'email',
      type: 'email',
      label: { en: 'Learner’s e-mail', fr: 'Adresse e-mail de l’apprenant' },
      required: true,
    },
  ],
}

type Schema = Parameters<typeof elementsOf>[0]

/** The form of a schema; of none, a form without fields. */
export function formOf(
  schema: Schema | undefined,
  locale: Locale,
  elements: FormElement[] = schema ? elementsOf(schema) : [],
): z.output<typeof form> {
  return { schema: schema ? jsonOf(schema, locale) : { type: 'object', properties: {} }, elements }
}

type Json = Record<string, unknown>
const derived = { en: new WeakMap<Schema, Json>(), fr: new WeakMap<Schema, Json>() }

/** The JSON Schema, without the methods that Zod's own carries along; kept for each schema. */
function jsonOf(schema: Schema, locale: Locale): Json {
  const kept = derived[locale].get(schema)
  if (kept) return kept
  const json: Json = JSON.parse(JSON.stringify(jsonSchemaOf(schema, locale)))
  derived[locale].set(schema, json)
  return json
}
