import { listProducts } from '../../../shop/list-products.ts'
import type { OwnedProduct } from '../../../shop/product.ts'
import type { Face } from '../../face.ts'
import { pick } from '../../ui/locale.ts'
import type { OfficeContext } from '../office-route.ts'
import { filterOf, readAsked } from './product-filter.ts'
import { productsTexts } from './products-texts.ts'

/** Rows of one look at the database. */
const page = 1000

/** The list of products as its filters show it, as a CSV file that spreadsheets open: UTF-8 with its mark. */
export function exportProducts(c: OfficeContext, face: Face): Response {
  const { locale } = c.var
  const t = productsTexts[locale]
  // What a spreadsheet expects, which writes its decimals with a comma in French.
  const separator = locale === 'fr' ? ';' : ','
  const filter = filterOf(readAsked(c))
  const head = [
    t.reference,
    t.product,
    t.firstname,
    t.lastname,
    t.email,
    t.order,
    t.handler,
    t.starts,
    t.ends,
    t.state,
  ]
  const row = (product: OwnedProduct) => [
    product.reference,
    pick(product.title, locale),
    product.holder?.firstname ?? '',
    product.holder?.lastname ?? '',
    product.holder?.email ?? '',
    product.orderNumber,
    product.handler,
    product.startsAt.toISOString(),
    product.endsAt?.toISOString() ?? '',
    product.state,
  ]
  async function* lines() {
    yield `\uFEFF${line(head, separator)}`
    for (let after: number | undefined, more = true; more; more = after !== undefined) {
      const { products, next } = await listProducts(face.shop.db, { ...filter, after, limit: page })
      yield products.map((product) => line(row(product), separator)).join('')
      after = next
    }
  }
  const body = ReadableStream.from(lines()).pipeThrough(new TextEncoderStream())
  return c.body(body, 200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="products.csv"',
  })
}

const line = (cells: string[], separator: string) => `${cells.map(cell).join(separator)}\r\n`

/** A cell; one that a spreadsheet would run as a formula is put as a text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
