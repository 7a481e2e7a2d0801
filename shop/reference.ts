import { randomInt } from 'node:crypto'
import { checkCharacter, referenceAlphabet } from '../sdk/product-reference.ts'

export { readProductReference } from '../sdk/product-reference.ts'

const randomText = (length: number) => Array.from({ length }, () => referenceAlphabet[randomInt(32)]).join('')

/**
 * An order's number, such as `2611-4K7Q-2MXA`: year and month, then forty random bits. It tells nobody how much is
 * sold, and two processes need not agree on the next one; the database refuses a second order of one number.
 */
export function newOrderNumber(now = new Date()): string {
  const month = now.toISOString().slice(2, 7).replace('-', '')
  return `${month}-${randomText(4)}-${randomText(4)}`
}

/** A product's reference, `WWWW-XXXX-YYYY-ZZZC`: fifteen random characters (75 bits) and a check character. */
export function newProductReference(): string {
  const random = randomText(15)
  const all = random + checkCharacter(random)
  return `${all.slice(0, 4)}-${all.slice(4, 8)}-${all.slice(8, 12)}-${all.slice(12)}`
}

/** What the payer quotes on a transfer: an ISO 11649 creditor reference, which banks check as it is typed. */
export function creditorReference(orderNumber: string): string {
  const body = orderNumber.replace(/[^0-9A-Za-z]/g, '').toUpperCase()
  // ISO 7064 mod 97-10, as for an IBAN: letters become 10…35, "RF00" goes to the end.
  let rest = 0
  for (const character of `${body}RF00`) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return `RF${String(98 - rest).padStart(2, '0')}${body}`
}
