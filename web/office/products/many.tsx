import { randomUUID } from 'node:crypto'
import { elementsOf, type FormErrors, type FormValues, readForm } from '../../../sdk/form.ts'
import { findBatch, mostRows, startBatch } from '../../../shop/batch.ts'
import { listProducts, productsNamed } from '../../../shop/list-products.ts'
import { actionsFor, type OfferedAction, type OwnedProduct } from '../../../shop/product.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements, takeFiles } from '../../ui/form-elements.tsx'
import { formatNumber, type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { Table } from '../../ui/table.tsx'
import { textOf } from '../field.tsx'
import { asked, type OfficeContext, whoOf } from '../office-route.ts'
import { officePage, redirectTo } from '../page.tsx'
import { texts } from '../texts.ts'
import { batchTexts } from './batch-texts.ts'
import { filterOf, readAsked } from './product-filter.ts'
import { ProductStateBadge } from './product-state.tsx'
import { productsTexts } from './products-texts.ts'

/** An action that every handler of some products has, and those for which it makes sense now. */
type CommonAction = { name: string; action: OfferedAction; fitting: OwnedProduct[] }

type Sent = { action: string; values: FormValues; errors: FormErrors }

/** What can be done with the products that were ticked, or with all that the filters of the list let through. */
export async function chooseForMany(c: OfficeContext, face: Face) {
  const { db } = face.shop
  if (asked(c, 'all')) {
    const { products } = await listProducts(db, { ...filterOf(readAsked(c)), limit: mostRows })
    return await manyPage(c, face, products)
  }
  return await manyPage(c, face, await productsNamed(db, c.req.queries('product')?.slice(0, mostRows) ?? []))
}

/** Starts one action on many products. */
export async function startMany(c: OfficeContext, face: Face) {
  const { shop } = face
  const body = await readBody(c)
  const references = textOf(body.products).split(' ').filter(Boolean).slice(0, mostRows)
  const by = { who: whoOf(c), audience: 'operator' as const }
  // names the request: sent twice, it is one batch
  const once = textOf(body.once).slice(0, 60) || randomUUID()
  const before = await findBatch(shop.db, by.who, once)
  if (before !== undefined) return c.redirect(routes.office.batches.show(before), 303)
  const products = await productsNamed(shop.db, references)
  const name = textOf(body.action)
  const common = commonActions(shop, products).find((one) => one.name === name)
  if (!common) return redirectTo(c, routes.office.products.index(), 'tooLate')
  const values = readForm(elementsOf(common.action.input), body, `${name}.`)
  const rows = products.map(({ reference }) => ({ reference, values }))
  const started = await startBatch(shop, { action: name, by, rows }, once)
  if (started.ok) return c.redirect(routes.office.batches.show(started.batch), 303)
  const invalid = started.reason === 'rows' && started.faults.find((fault) => fault.reason === 'invalid')
  if (invalid && invalid.reason === 'invalid') {
    return await manyPage(c, face, products, { action: name, values, errors: invalid.errors })
  }
  // Some of them have moved on since the page was shown: it is shown again, without those.
  const now = await productsNamed(shop.db, references)
  const { en, fr } = texts
  const why = { en: en.notDone.tooLate, fr: fr.notDone.tooLate }
  return await manyPage(c, face, now, { action: name, values, errors: { '': why } })
}

/** The actions that all of these products' handlers have, with the same form. */
function commonActions(shop: Shop, products: OwnedProduct[]): CommonAction[] {
  const { handlers } = shop.registry()
  const [first, ...others] = [...new Set(products.map(({ handler }) => handler))].map(
    (id) => handlers.get(id)?.handler.actions ?? {},
  )
  const formOf = (action: OfferedAction | undefined) => action && JSON.stringify(elementsOf(action.input))
  return Object.entries(first ?? {}).flatMap(([name, action]) => {
    if (!others.every((actions) => formOf(actions[name]) === formOf(action))) return []
    const fitting = products.filter((product) =>
      actionsFor(shop, product, 'operator').some(([offered]) => offered === name),
    )
    return fitting.length > 0 ? [{ name, action, fitting }] : []
  })
}

async function manyPage(c: OfficeContext, face: Face, products: OwnedProduct[], sent?: Sent) {
  const { locale } = c.var
  const t = batchTexts[locale]
  const csrf = csrfToken(c)
  const common = commonActions(face.shop, products)
  const failed = common.find(({ name }) => name === sent?.action)
  return await officePage(
    c,
    face,
    { title: t.choose, section: 'products', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={t.choose}
        lead={t.chosen(products.length, formatNumber(products.length, locale))}
        back={{ href: routes.office.products.index(), text: productsTexts[locale].title }}
      />
      <ErrorSummary
        locale={locale}
        errors={
          sent && failed
            ? summaryOf(elementsOf(failed.action.input), sent.errors, { locale, prefix: `${sent.action}.` })
            : []
        }
      />
      {products.length === 0 ? (
        <Notice tone="warning" locale={locale}>
          <p>{t.noneChosen}</p>
        </Notice>
      ) : (
        <div class="columns">
          <div>
            <Chosen products={products} locale={locale} />
          </div>
          <div>
            <Card title={t.actions}>
              {common.length === 0 && <p class="soft">{t.noAction}</p>}
              <div class="stack">
                {common.map((one) => (
                  <ActOnFitting
                    {...{ ...one, csrf, locale }}
                    of={products.length}
                    sent={sent?.action === one.name ? sent : undefined}
                  />
                ))}
              </div>
            </Card>
          </div>
        </div>
      )}
    </>,
  )
}

function Chosen({ products, locale }: { products: OwnedProduct[]; locale: Locale }) {
  const t = batchTexts[locale]
  return (
    <Card flush title={t.which}>
      <Table
        caption={t.which}
        locale={locale}
        rows={products.slice(0, shown)}
        columns={[
          {
            label: productsTexts[locale].reference,
            heading: true,
            narrow: true,
            cell: ({ reference }) => (
              <a class="mono" href={routes.office.products.show(reference)}>
                {reference}
              </a>
            ),
          },
          { label: productsTexts[locale].product, cell: ({ title }) => pick(title, locale) },
          { label: productsTexts[locale].holder, cell: ({ holder }) => holder?.email ?? '–' },
          {
            label: productsTexts[locale].state,
            narrow: true,
            cell: (product) => <ProductStateBadge product={product} locale={locale} />,
          },
        ]}
      />
      {products.length > shown && (
        <p class="card-foot soft small">
          {t.andMore(products.length - shown, formatNumber(products.length - shown, locale))}
        </p>
      )}
    </Card>
  )
}

type CommonActionProps = CommonAction & { of: number; sent?: Sent; csrf: string; locale: Locale }

/** One action that makes sense for some of the chosen products, with the form that asks for it. */
function ActOnFitting(props: CommonActionProps) {
  const { name, action, fitting, of, sent, csrf, locale } = props
  const t = batchTexts[locale]
  const elements = elementsOf(action.input)
  const files = takeFiles(elements)
  return (
    <Confirm
      label={pick(action.title, locale)}
      look={name === 'revoke' ? 'danger' : 'plain'}
      open={Boolean(sent)}
    >
      {action.help && <p>{pick(action.help, locale)}</p>}
      {fitting.length < of && <p class="small">{t.leftOut(of - fitting.length)}</p>}
      <form
        method="post"
        action={routes.office.batches.start()}
        class="stack"
        enctype={files ? 'multipart/form-data' : undefined}
        novalidate
      >
        <CsrfField csrf={csrf} />
        <input type="hidden" name="action" value={name} />
        <input type="hidden" name="once" value={randomUUID()} />
        <input type="hidden" name="products" value={fitting.map(({ reference }) => reference).join(' ')} />
        <FormElements
          elements={elements}
          values={sent?.values ?? startOf(action, fitting)}
          errors={sent?.errors}
          prefix={`${name}.`}
          files={files}
          locale={locale}
        />
        <Button look={name === 'revoke' ? 'danger' : 'primary'}>
          {t.confirm(fitting.length, formatNumber(fitting.length, locale))}
        </Button>
      </form>
    </Confirm>
  )
}

/** Products that are named on the page before it is confirmed. */
const shown = 20

/** What the form starts with: as it is for the first of them. */
function startOf(action: OfferedAction, [first]: OwnedProduct[]): FormValues | undefined {
  return first && action.initial?.(first)
}
