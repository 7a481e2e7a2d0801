import type { Child } from 'hono/jsx'
import type { EntryState } from '../../../db/schema.ts'
import { handlerOf, type Registry } from '../../../production/registry.ts'
import { countPartUnits, isBundle } from '../../../shop/bundle.ts'
import { type Entry, listEntries } from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Badge, StateBadge, stateText } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { EmptyState, PageHead } from '../../ui/card.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Table } from '../../ui/table.tsx'
import { asked, askedOneOf, type OfficeContext } from '../office-route.ts'
import { mayChange, officePage } from '../page.tsx'
import { SearchedList } from '../searched-list.tsx'
import { texts } from '../texts.ts'
import { entriesTexts } from './entries-texts.ts'

const states = ['on_sale', 'draft', 'retired'] as const satisfies EntryState[]

export async function entryList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = entriesTexts[locale]
  const path = routes.office.entries.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const wanted = { state, search }
  const after = asked(c, 'after')
  const { entries, next } = await listEntries(face.shop.db, { ...wanted, after })
  const create = mayChange(c) && (
    <ButtonLink href={routes.office.entries.new()} look="primary" icon="plus">
      {t.new}
    </ButtonLink>
  )
  const empty =
    search || state ? (
      <EmptyState title={texts[locale].list.noneFound} />
    ) : (
      <EmptyState title={t.none}>
        <p>{t.noneText}</p>
        {create}
      </EmptyState>
    )
  return await officePage(
    c,
    face,
    { title: t.title, section: 'entries' },
    <>
      <PageHead title={t.title} actions={create} />
      <SearchedList
        {...{ path, wanted, locale }}
        title={t.title}
        search={t.search}
        hint={t.searchHint}
        states={states.map((state) => ({ state, text: stateText({ kind: 'entry', state }, locale) }))}
        cursor={{ name: 'after', now: after, next }}
      >
        <Entries {...{ entries, empty, locale }} registry={face.shop.registry()} />
      </SearchedList>
    </>,
  )
}

type EntriesProps = { entries: Entry[]; empty: Child; registry: Registry; locale: Locale }

function Entries({ entries, empty, registry, locale }: EntriesProps) {
  const t = entriesTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={entries}
      empty={empty}
      columns={[
        {
          label: t.entry,
          heading: true,
          cell: (entry) => (
            <>
              <a href={routes.office.entries.show(entry.code)}>{pick(entry.title, locale)}</a>
              <div class="soft small mono">{entry.code}</div>
            </>
          ),
        },
        { label: t.category, cell: (entry) => pick(entry.category, locale) },
        {
          label: t.handler,
          cell: (entry) => <HandlerName entry={entry} registry={registry} locale={locale} />,
        },
        {
          label: t.price,
          numeric: true,
          narrow: true,
          cell: (entry) => <Money cents={entry.priceCents} currency={entry.currency} locale={locale} />,
        },
        { label: t.position, numeric: true, narrow: true, cell: (entry) => entry.position },
        {
          label: t.state,
          narrow: true,
          cell: (entry) => <StateBadge kind="entry" state={entry.state} locale={locale} />,
        },
      ]}
    />
  )
}

function HandlerName({ entry, registry, locale }: { entry: Entry; registry: Registry; locale: Locale }) {
  const t = entriesTexts[locale]
  if (isBundle(entry)) return t.bundleOf(countPartUnits(entry.parts))
  const found = handlerOf(registry, entry)
  if (found === undefined) return <span class="soft">{t.noHandler}</span>
  if (found === 'missing') {
    const name = entry.handler === 'specific' ? entry.code : entry.handler
    return <Badge tone="danger">{t.notInstalled(name ?? '')}</Badge>
  }
  return (
    <>
      {pick(found.handler.title, locale)}
      {found.kind === 'specific' && <span class="soft small"> {t.specific}</span>}
    </>
  )
}
