import { type Context, Hono } from 'hono'
import type { CartContent } from '../../../db/schema.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { isBundle, unitsOf } from '../../../shop/bundle.ts'
import {
  addExtension,
  countUnits,
  emptyCart,
  setQuantity,
  type ViewedCart,
  viewCart,
} from '../../../shop/cart.ts'
import { changeCart } from '../../../shop/change-cart.ts'
import { findEntry, findOnSale, mostUnits, unitForms } from '../../../shop/entry.ts'
import { prolongable } from '../../../shop/extensions.ts'
import { readProductReference } from '../../../shop/reference.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, protectForms, readBody, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import type { Choice } from '../../ui/form-elements.tsx'
import { formatDate, pick } from '../../ui/locale.ts'
import { keepCustomer } from '../checkout/keep-customer.ts'
import { knownBuyer } from '../checkout/known-buyer.ts'
import { notFound } from '../failure-pages.tsx'
import { giveCart, keepCart, shopPage, visitorCart } from '../page.tsx'
import { applyCartForm, type CartForms } from './apply-cart-form.ts'
import { CartPage, type OfferedProducts } from './cart-page.tsx'
import { cartTexts } from './cart-texts.ts'

/** The cart: one form for all its units, every button of which keeps what is typed. */
export function cart(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()

  app.get(routes.cart.show.pattern, async (c) => {
    const mine = await visitorCart(c, face)
    if (mine) keepCart(c, mine.token)
    return await show(c, face, mine?.cart.content ?? emptyCart(), c.req.query('check') !== undefined)
  })

  app.post(routes.cart.show.pattern, protectForms, async (c) => {
    const mine = await visitorCart(c, face)
    if (!mine) return c.redirect(routes.cart.show(), 303)
    const body = await readBody(c)
    const forms = await formsOf(face, mine.cart.content)
    const changed = await changeCart(face.shop.db, mine.token, (content) =>
      applyCartForm(content, body, forms),
    )
    if (!changed) return c.redirect(routes.cart.show(), 303)
    keepCart(c, mine.token)
    if (body.intent !== 'checkout')
      return c.redirect(`${routes.cart.show()}${placeAfter(body.intent, changed.content)}`, 303)
    const buyer = await knownBuyer(c, face, changed.content)
    const viewed = await viewCart(face.shop, changed.content, buyer, changed.entries)
    if (viewed.complete) return c.redirect(routes.checkout(), 303)
    return await show(c, face, changed.content, true)
  })

  app.post(routes.cart.draft.pattern, protectForms, async (c) => {
    const mine = await visitorCart(c, face)
    if (!mine) return c.body(null, 404)
    const body = await readBody(c)
    const forms = await formsOf(face, mine.cart.content)
    await changeCart(face.shop.db, mine.token, (content) =>
      keepCustomer(applyCartForm(content, { ...body, intent: 'draft' }, forms), body),
    )
    return c.body(null, 204)
  })

  app.post(routes.cart.add.pattern, protectForms, async (c) => {
    const { code, quantity, reference } = await readBody(c)
    const [found] = await findOnSale(face.shop.db, typeof code === 'string' ? [code] : [])
    if (!found) return await notFound(c, face)
    const most = mostUnits(face.shop, found)
    const wanted = /^\d{1,6}$/.test(String(quantity)) ? Math.max(1, Number(quantity)) : 1
    let full: number | undefined
    const field = unitForms(face.shop, found).external.find(({ ownProducts }) => ownProducts)?.name
    const extended = readProductReference(String(reference))
    const add = (content: CartContent) => {
      if (field && extended) return addExtension(content, found.code, { field, reference: extended, most })
      const had = content.lines.find((line) => line.code === found.code)?.units.length ?? 0
      const added = setQuantity(content, found.code, had + wanted, most)
      const has = added.lines.find((line) => line.code === found.code)?.units.length ?? 0
      full = has < had + wanted ? has : undefined
      return added
    }
    const mine = await visitorCart(c, face)
    if (mine && (await changeCart(face.shop.db, mine.token, add))) keepCart(c, mine.token)
    else await giveCart(c, face, add(emptyCart()))
    return c.redirect(
      `${routes.cart.show()}${full === undefined ? '' : `?most=${full}`}#line-${found.code}`,
      303,
    )
  })

  return app
}

/** The forms of what a cart holds. */
async function formsOf(face: Face, content: CartContent): Promise<CartForms> {
  const entries = await findOnSale(
    face.shop.db,
    content.lines.map((line) => line.code),
  )
  return new Map(
    entries.map((entry) => {
      const { external, fields } = unitForms(face.shop, entry)
      const parts = isBundle(entry) ? unitsOf(entry) : []
      return [
        entry.code,
        {
          external,
          fields,
          most: mostUnits(face.shop, entry),
          parts: parts.map(({ entry: part, copy }) => ({
            ...unitForms(face.shop, part),
            code: part.code,
            copy,
          })),
        },
      ]
    }),
  )
}

/** Where the page opens again after a button: at the new unit, or at the line. */
function placeAfter(intent: string | string[] | undefined, content: CartContent): string {
  const [, verb, code] = /^(add|save):(.{1,60})$/.exec(String(intent)) ?? []
  const line = content.lines.find((one) => one.code === code)
  if (!line) return ''
  const last = line.units.at(-1)
  return verb === 'add' && last ? `#unit-${last.key}` : `#line-${line.code}`
}

async function show(c: Context<WebEnv>, face: Face, content: CartContent, checked: boolean) {
  const { locale } = c.var
  const buyer = await knownBuyer(c, face, content)
  const viewed: ViewedCart = await viewCart(face.shop, content, buyer)
  const gone = await Promise.all(
    viewed.gone.map(async (code) => ({
      code,
      title: (await findEntry(face.shop.db, code))?.title[locale] ?? code,
    })),
  )
  const wrong = checked && !viewed.complete && viewed.units > 0
  return shopPage(
    c,
    face,
    {
      title: cartTexts[locale].title,
      cartCount: countUnits(content),
      status: wrong && c.req.method === 'POST' ? 422 : 200,
    },
    <CartPage
      content={content}
      viewed={viewed}
      gone={gone}
      buyer={buyer}
      checked={wrong}
      most={readMost(c.req.query('most'))}
      offered={await productsToChoose(c, face, viewed)}
      csrf={csrfToken(c)}
      currency={face.shop.settings.currency}
      locale={locale}
    />,
  )
}

/** By entry: what a signed-in customer may choose from where it asks for the reference of a product. */
async function productsToChoose(
  c: Context<WebEnv>,
  face: Face,
  viewed: ViewedCart,
): Promise<OfferedProducts> {
  const asks = (elements: FormElement[]) => elements.some(({ ownProducts }) => ownProducts)
  const entries = viewed.lines.flatMap(({ entry, external, units }) => [
    ...(asks(external) ? [entry] : []),
    ...(units[0]?.parts ?? []).flatMap((part) => (asks(part.asked.external) ? [part.entry] : [])),
  ])
  const customer = entries.length > 0 ? await signedInCustomer(c, face) : undefined
  if (!customer) return new Map()
  const { locale } = c.var
  const offered = entries.map(async (entry): Promise<[string, Choice[]]> => {
    const products = await prolongable(face.shop, entry, customer.email)
    const choices = products.map(({ reference, title, holder, endsAt }) => {
      const person = holder ? `${holder.firstname} ${holder.lastname}` : ''
      const until = endsAt ? cartTexts[locale].until(formatDate(endsAt, locale)) : ''
      return { value: reference, label: [pick(title, locale), person, until].filter(Boolean).join(', ') }
    })
    return [entry.code, choices]
  })
  return new Map(await Promise.all(offered))
}

const readMost = (most: string | undefined) => (/^\d{1,4}$/.test(most ?? '') ? Number(most) : undefined)
