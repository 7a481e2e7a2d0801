import { randomInt } from 'node:crypto'

// Without I, L, O and U: no mix-ups with 1 and 0, and no words. Crockford's base 32.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const randomText = (length: number) => Array.from({ length }, () => alphabet[randomInt(32)]).join('')

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

/** Catches every single wrong character and every swap of two neighbours: Luhn's algorithm, modulo 32. */
function checkCharacter(characters: string): string {
  let sum = 0
  let factor = 2
  for (const character of [...characters].reverse()) {
    const addend = factor * alphabet.indexOf(character)
    sum += Math.floor(addend / 32) + (addend % 32)
    factor = factor === 2 ? 1 : 2
  }
  return alphabet[(32 - (sum % 32)) % 32] ?? '0'
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
