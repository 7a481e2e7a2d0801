// How what the shop wrote down, in codes and in English, is said to the reader.
import type { Cause } from '../../db/schema.ts'
import type { Shop } from '../../shop/shop.ts'
import { formatMoney, type Locale, pick } from '../ui/locale.ts'
import { texts } from './texts.ts'

/** Why something stopped: what kind of trouble, then its own words. */
export function sayCause(
  cause: Cause | null,
  locale: Locale,
): { kind: string; message: string; detail?: string } {
  const t = texts[locale].causes
  if (!cause) return { kind: t.unknown, message: '' }
  const detail = [cause.call, cause.code].filter(Boolean).join(' · ')
  return { kind: t[cause.kind], message: cause.message, ...(detail && { detail }) }
}

/** Who did it: a person by their address, the shop, a means of payment, a program. */
export function sayWho(who: string, shop: Pick<Shop, 'means'>, locale: Locale): string {
  const t = texts[locale].who
  const [kind = '', ...rest] = who.split(':')
  const name = rest.join(':')
  switch (kind) {
    case 'operator':
      return name === 'cli' ? t.cli : name
    case 'api':
      return t.program(name)
    case 'means':
      return sayMeans(name, shop, locale)
    case 'customer':
      return t.customer
    case 'shop':
      return t.shop
    default:
      return who
  }
}

/** The name of a means of payment, also of one that is no longer switched on. */
export function sayMeans(id: string, shop: Pick<Shop, 'means'>, locale: Locale): string {
  if (id === 'free') return texts[locale].free
  const means = shop.means.get(id)
  return means ? pick(means.title, locale) : id
}

/** The reasons that the shop itself gives are known sentences; what a person or Moodle wrote stays as it is. */
export function sayWhy(why: string, locale: Locale): string {
  const money = /^(\d+\.\d{2}) ([A-Z]{3}), (.*)$/s.exec(why)
  if (money) {
    const [, amount = '', currency = '', reference = ''] = money
    return `${formatMoney(Math.round(Number(amount) * 100), currency, locale)}, ${reference}`
  }
  if (locale === 'en') return why
  const known: Record<string, string> = texts.fr.reasons
  if (Object.hasOwn(known, why)) return known[why] ?? why
  const currencies = /^the payment is in ([A-Z]{3}), the order in ([A-Z]{3})$/.exec(why)
  if (currencies) return `le paiement est en ${currencies[1]}, la commande en ${currencies[2]}`
  const closed =
    /^the order (?:was|is) (refused|cancelled|expired|refunded)( after a part of it was paid)?$/.exec(why)
  if (closed) {
    const states = { refused: 'refusée', cancelled: 'annulée', expired: 'expirée', refunded: 'remboursée' }
    const state = states[closed[1] as keyof typeof states] // one of those that the pattern names
    return `la commande ${closed[2] ? 'a été' : 'est'} ${state}${closed[2] ? ' après un paiement partiel' : ''}`
  }
  const credits =
    /^(\S+) ([A-Z]{3}) of credits taken back(?:; (\S+) [A-Z]{3} had been spent and are missing)?$/.exec(why)
  if (credits) {
    const [, taken = '', currency = '', missing] = credits
    const said = (amount: string) => formatMoney(Math.round(Number(amount) * 100), currency, locale)
    return missing === undefined
      ? `${said(taken)} de crédits repris`
      : `${said(taken)} de crédits repris ; ${said(missing)} avaient été dépensés et manquent`
  }
  return why
}

/** What a script does, in the words of the trade. */
export function sayScript(script: string, locale: Locale): string {
  const known: Record<string, string> = texts[locale].scripts
  return known[script] ?? script
}
