import { z } from 'zod'
import type { Text } from './text.ts'

/** Crockford’s base 32: without I, L, O and U there are no mix-ups with 1 and 0, and no words. */
export const referenceAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The reference as it is written, from what a person typed; undefined when its check character says it is wrong. */
export function readProductReference(typed: string): string | undefined {
  const plain = typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  if (plain.length !== 16 || checkCharacter(plain.slice(0, 15)) !== plain[15]) return undefined
  return `${plain.slice(0, 4)}-${plain.slice(4, 8)}-${plain.slice(8, 12)}-${plain.slice(12)}`
}

/** Catches every single wrong character, and every swap of two neighbours but 0 and Z: Luhn’s algorithm, modulo 32. */
export function checkCharacter(characters: string): string {
  let sum = 0
  let factor = 2
  for (const character of [...characters].reverse()) {
    const addend = factor * referenceAlphabet.indexOf(character)
    sum += Math.floor(addend / 32) + (addend % 32)
    factor = factor === 2 ? 1 : 2
  }
  return referenceAlphabet[(32 - (sum % 32)) % 32] ?? '0'
}

/**
 * A field for the reference of a product that the customer has: typed in small letters, with spaces or without hyphens,
 * it comes out as it is written.
 */
export function productReference(label: Text) {
  return z
    .string()
    .max(60)
    .overwrite((typed) => readProductReference(typed) ?? typed)
    .refine((reference) => readProductReference(reference) === reference, {
      params: {
        text: {
          en: 'This is no product’s reference: sixteen letters and digits, as in your mail. Is one mistyped?',
          fr: 'Ce n’est pas une référence de produit : seize lettres et chiffres, comme dans votre message. Une faute de frappe ?',
        },
      },
    })
    .meta({ label, autocomplete: 'off', ownProducts: true })
}
