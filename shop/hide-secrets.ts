import { handlerOf, type Registered } from '../production/registry.ts'
import { elementsOf } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import type { Shop } from './shop.ts'

type Values = Record<string, unknown>

/** The answers of a form without its secrets: those never leave the shop. */
export function hideSecrets(elements: FormElement[], values: Values): Values {
  const secrets = namesOfSecrets(elements)
  return secrets.size === 0
    ? values
    : Object.fromEntries(Object.entries(values).filter(([name]) => !secrets.has(name)))
}

/** The answers that were sent, with the secrets that were kept where none was sent: see `hideSecrets`. */
export function keepSecrets(elements: FormElement[], sent: Values, kept: Values): Values {
  const missing = [...namesOfSecrets(elements)].filter((name) => sent[name] === undefined && name in kept)
  return { ...sent, ...Object.fromEntries(missing.map((name) => [name, kept[name]])) }
}

/** The elements of an entry's two forms by its handler; none when that is not installed. */
export function formsOf(
  shop: Pick<Shop, 'registry'>,
  entry: { code: string; handler: string | null },
): { internal: FormElement[]; external: FormElement[] } {
  const found = handlerOf(shop.registry(), entry)
  return found && found !== 'missing' ? formsOfHandler(found) : { internal: [], external: [] }
}

export const formsOfHandler = ({ handler }: Registered) => ({
  internal: elementsOf(handler.internal),
  external: elementsOf(handler.external),
})

function namesOfSecrets(elements: FormElement[]): Set<string> {
  return new Set(elements.filter((element) => element.type === 'secret').map((element) => element.name))
}
