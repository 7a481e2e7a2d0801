import { Refused } from './errors.ts'
import type { Delivery, FoundProduct, Product, ScriptContext } from './handler.ts'

type Scripted = Pick<ScriptContext<unknown, unknown>, 'findProduct' | 'changeProduct'>

/**
 * For `prepay`: throws `Refused`, in words for the customer, when no days can be added to this product. `accepts`: of
 * those that have an end and are not revoked, which ones.
 */
export async function checkExtendable(
  { findProduct }: Scripted,
  reference: string,
  accepts: (product: FoundProduct) => boolean = () => true,
): Promise<void> {
  const product = await findProduct(reference)
  if (!product) {
    throw new Refused({
      en: 'We know no product of this reference. Is a character mistyped?',
      fr: 'Nous ne connaissons aucun produit de cette référence. Une faute de frappe ?',
    })
  }
  if (product.state === 'revoked') throw withdrawn(product)
  if (product.endsAt === null) {
    throw new Refused({
      en: `“${product.title.en}” (${reference}) has no end: there is nothing to extend.`,
      fr: `« ${product.title.fr} » (${reference}) n’a pas de fin : il n’y a rien à prolonger.`,
    })
  }
  if (!accepts(product)) {
    throw new Refused({
      en: `“${product.title.en}” (${reference}) is not among the products that this extends.`,
      fr: `« ${product.title.fr} » (${reference}) ne fait pas partie des produits que ceci prolonge.`,
    })
  }
}

function withdrawn({ title, reference }: Product): Refused {
  return new Refused({
    en: `“${title.en}” (${reference}) was withdrawn: it can’t be extended.`,
    fr: `« ${title.fr} » (${reference}) a été retiré : il ne peut pas être prolongé.`,
  })
}

/**
 * For `postpay`: adds the days to the product's end as it is then, once for the unit, and tells the new end. Throws
 * `Refused`, for an operator to decide, when the product was revoked since it was checked.
 */
export async function extendProduct(
  { changeProduct }: Scripted,
  reference: string,
  days: number,
): Promise<Delivery> {
  const product = await changeProduct(reference, { addDays: days })
  const { title, endsAt, state, holder } = product
  if (state === 'revoked') throw withdrawn(product)
  const shown = endsAt
    ? {
        en: `“${title.en}” now ends on ${dayFormats.en.format(endsAt)}.`,
        fr: `« ${title.fr} » se termine désormais le ${dayFormats.fr.format(endsAt)}.`,
      }
    : holder === null
      ? {
          en: `“${title.en}” has ${days} more days for whoever gets it next.`,
          fr: `«\u00a0${title.fr}\u00a0» a ${days} jours de plus pour qui l’aura ensuite.`,
        }
      : { en: `“${title.en}” has no end any more.`, fr: `« ${title.fr} » n’a plus de fin.` }
  return { products: [], feedback: { shown, kept: `${reference}: ${days} days added.` } }
}

/** For `revoke`: takes off the days that the unit added, if it did. What was revoked meanwhile stays so. */
export async function takeExtensionBack(
  { findProduct, changeProduct }: Scripted,
  reference: string,
): Promise<void> {
  if (await findProduct(reference)) await changeProduct(reference, { takeDaysBack: true })
}

// A last day counts whole in UTC: see `periodOf`.
const dayFormats = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }),
  fr: new Intl.DateTimeFormat('fr-FR', { dateStyle: 'long', timeZone: 'UTC' }),
}
