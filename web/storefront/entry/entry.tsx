import { Hono } from 'hono'
import type { Text } from '../../../sdk/index.ts'
import { isBundle, priceOfParts, unitsOf } from '../../../shop/bundle.ts'
import { checkAnswer } from '../../../shop/check-answer.ts'
import { type Entry, findEntry, mostUnits, unitForms, whyUnavailable } from '../../../shop/entry.ts'
import { readProductReference } from '../../../shop/reference.ts'
import type { Face } from '../../face.ts'
import { rateLimit } from '../../rate-limit.ts'
import { routes } from '../../routes.ts'
import { clientAddress, csrfToken, type WebEnv } from '../../security.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Notice } from '../../ui/notice.tsx'
import { catalogTexts } from '../catalog/catalog-texts.ts'
import { atOnceFirst } from '../checkout/checkout-page.tsx'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { PriceTag } from '../price-tag.tsx'
import { Prose } from '../prose.tsx'
import { entryTexts } from './entry-texts.ts'

/** The page of one entry. */
export function entry(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  const limit = rateLimit(face.pool, { name: 'check-answer', attempts: 60, seconds: 60 })

  app.get(routes.entry.pattern, async (c) => {
    const found = await findEntry(face.shop.db, c.req.param('code'))
    if (found?.state !== 'on_sale') return await notFound(c, face)
    const [unavailable, count] = await Promise.all([whyNotSoon(face, found), cartCount(c, face)])
    const { locale } = c.var
    const title = pick(found.title, locale)
    return shopPage(
      c,
      face,
      { title, cartCount: count, head: <meta name="description" content={pick(found.summary, locale)} /> },
      <EntryPage
        face={face}
        entry={found}
        unavailable={unavailable}
        reference={readProductReference(c.req.query('reference') ?? '')}
        csrf={csrfToken(c)}
        locale={locale}
      />,
    )
  })

  // For the script of the page, while a customer types: the order checks again.
  app.get(routes.checkAnswer.pattern, async (c) => {
    const taken = await limit.take(clientAddress(c))
    if (!taken.ok) {
      c.header('retry-after', String(taken.retryAfter))
      return c.body(null, 429)
    }
    const { field = '', value = '' } = c.req.query()
    const found =
      value.length <= longestAnswer ? await findEntry(face.shop.db, c.req.param('code')) : undefined
    if (!found || found.state === 'retired') return c.body(null, 404)
    const said = await checkAnswer(face.shop, found, { field, typed: value })
    if (!said) return c.body(null, 204)
    return c.json(said.ok ? { ok: true } : { ok: false, text: pick(said.why, c.var.locale) })
  })

  return app
}

/** Characters of an answer that is checked while it is typed. */
const longestAnswer = 300

/** Milliseconds that a page waits to hear whether its entry is available; the order asks again, and waits. */
const patience = 1500

async function whyNotSoon(face: Face, found: Entry): Promise<Text | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patience)
  })
  try {
    return await Promise.race([whyUnavailable(face.shop, found), late])
  } finally {
    clearTimeout(timer)
  }
}

type Props = {
  face: Face
  entry: Entry
  unavailable: Text | undefined
  /** The product that this is to be bought for. */
  reference: string | undefined
  csrf: string
  locale: Locale
}

function EntryPage({ face, entry: shown, unavailable, reference, csrf, locale }: Props) {
  const t = entryTexts[locale]
  const extendsOne = unitForms(face.shop, shown).external.some(({ ownProducts }) => ownProducts)
  return (
    <>
      <PageHead
        back={{ href: routes.catalog(), text: catalogTexts[locale].back }}
        title={pick(shown.title, locale)}
        lead={pick(shown.summary, locale)}
      />
      <div class="split buy">
        <div class="stack large">
          <img class="hero-cover" src={routes.cover(shown.code)} alt="" />
          {isBundle(shown) && <Contents entry={shown} locale={locale} />}
          <Prose text={pick(shown.description, locale)} />
        </div>
        <aside>
          <Card>
            <p class="eyebrow">{pick(shown.category, locale)}</p>
            <p class="entry-price">
              <PriceTag entry={shown} locale={locale} large />
            </p>
            {unavailable ? (
              <Notice tone="warning" locale={locale} title={t.unavailable}>
                <p>{pick(unavailable, locale)}</p>
              </Notice>
            ) : (
              <AddToCart
                entry={shown}
                most={mostUnits(face.shop, shown)}
                reference={extendsOne ? reference : undefined}
                csrf={csrf}
                locale={locale}
              />
            )}
            <ol class="how">
              <HowItGoes face={face} entry={shown} locale={locale} />
            </ol>
          </Card>
        </aside>
      </div>
    </>
  )
}

/** What a bundle is made of, and what it saves. */
function Contents({ entry: { parts, priceCents, currency }, locale }: { entry: Entry; locale: Locale }) {
  const t = entryTexts[locale]
  const oneByOne = priceOfParts(parts)
  return (
    <section class="contents" aria-labelledby="contents">
      <h2 id="contents">{t.contains}</h2>
      <ul>
        {parts.map(({ code, quantity, entry: part }) => (
          <li>
            <div>
              <h3>
                {quantity > 1 && `${quantity} × `}
                {part?.state === 'on_sale' ? (
                  <a href={routes.entry(code)}>{pick(part.title, locale)}</a>
                ) : (
                  part && pick(part.title, locale)
                )}
              </h3>
              <p class="soft">{part && pick(part.summary, locale)}</p>
            </div>
            {part && <Money cents={part.priceCents * quantity} currency={currency} locale={locale} />}
          </li>
        ))}
      </ul>
      {oneByOne > priceCents && (
        <p class="saving">
          <span class="soft">
            {t.oneByOne} <s>{formatMoney(oneByOne, currency, locale)}</s>
          </span>
          <Badge tone="success">{t.youSave(formatMoney(oneByOne - priceCents, currency, locale))}</Badge>
        </p>
      )}
    </section>
  )
}

function AddToCart(props: {
  entry: Entry
  most: number
  reference: string | undefined
  csrf: string
  locale: Locale
}) {
  const { entry: shown, most, reference, csrf, locale } = props
  const t = entryTexts[locale]
  return (
    <form method="post" action={routes.cart.add()} class="add-to-cart" novalidate>
      <CsrfField csrf={csrf} />
      <input type="hidden" name="code" value={shown.code} />
      {reference && (
        <p>
          <span class="soft">{t.forProduct}</span>
          <br />
          <span class="mono">{reference}</span>
          <input type="hidden" name="reference" value={reference} />
        </p>
      )}
      {most > 1 && !reference && (
        <div class="field number">
          <label for="quantity">{t.quantity}</label>
          <input
            type="number"
            id="quantity"
            name="quantity"
            value="1"
            min="1"
            max={most}
            inputmode="numeric"
          />
        </div>
      )}
      <Button look="primary" size="large" icon="cart">
        {t.add}
      </Button>
    </form>
  )
}

function HowItGoes({ face, entry: shown, locale }: { face: Face; entry: Entry; locale: Locale }) {
  const t = entryTexts[locale]
  const labels = unitsOf(shown)
    .map((unit) => unitForms(face.shop, unit.entry))
    .flatMap((forms) => [...forms.external, ...forms.fields])
    .filter((element) => !element.visibleWhen)
    .map((element) => pick(element.label, locale))
  const asked = [...new Set(labels)]
  const means = atOnceFirst(
    // Not everybody has credits.
    [...face.shop.means.values()].filter(({ kind }) => kind !== 'credits'),
  ).map((one) => pick(one.title, locale))
  return (
    <>
      {asked.length > 0 && (
        <li>
          <strong>{t.sayWho}</strong> <span class="soft">{t.asked(asked)}</span>
        </li>
      )}
      {shown.priceCents > 0 && (
        <li>
          <strong>{t.pay}</strong> <span class="soft">{means.join(', ')}.</span>
        </li>
      )}
      <li>
        <strong>{t.follow}</strong> <span class="soft">{t.followHow}</span>
      </li>
    </>
  )
}
