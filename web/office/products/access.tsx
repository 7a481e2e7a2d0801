import type { ToldAccess } from '../../../shop/product-access.ts'
import type { ToldEnrolment } from '../../../shop/told-enrolments.ts'
import { Badge } from '../../ui/badge.tsx'
import { formatMoment, type Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Table } from '../../ui/table.tsx'
import { productsTexts } from './products-texts.ts'

type AccessProps = {
  enrolments: ToldEnrolment[]
  beside: ToldAccess[]
  siteUrl: string
  locale: Locale
}

/** What a product opens, and what Moodle was told of it: enrolments, then what stands beside them. */
export function Access({ enrolments, beside, siteUrl, locale }: AccessProps) {
  const t = productsTexts[locale]
  const rows = [
    ...enrolments.map((one) => ({
      ...one,
      what: { text: t.courseOf(one.course), course: one.course },
      gives: t.givesOf(one.role, one.group),
      said: one.told && (
        <>
          {one.told.suspended ? t.suspended : t.open}, {period(one.told, locale)}
          <div class="soft small">{t.rolesOf(one.told.roles, one.told.groups)}</div>
        </>
      ),
    })),
    ...beside.map((one) => ({
      ...one,
      ...sayGiven(one.gives, locale),
      said: one.told === null ? null : one.told ? t.given : t.taken,
    })),
  ]
  return (
    <Table
      caption={t.enrolments}
      locale={locale}
      rows={rows}
      empty={<p>{t.noEnrolments}</p>}
      columns={[
        {
          label: t.where,
          heading: true,
          cell: ({ what }) =>
            what.course === undefined ? (
              what.text
            ) : (
              <a href={`${siteUrl}/course/view.php?id=${what.course}`}>{what.text}</a>
            ),
        },
        { label: t.user, narrow: true, cell: ({ user }) => user },
        { label: t.gives, cell: ({ gives }) => gives },
        { label: t.told, cell: ({ said }) => said ?? t.nothingTold },
        {
          label: t.toldAt,
          cell: ({ toldAt, behind, trouble }) => (
            <>
              {trouble ? (
                <Badge tone="danger">{t.refused}</Badge>
              ) : behind ? (
                <Badge tone="warning">{t.behind}</Badge>
              ) : (
                toldAt && <Moment at={toldAt} locale={locale} />
              )}
              {trouble && <div class="small">{trouble}</div>}
            </>
          ),
        },
      ]}
    />
  )
}

/** Something that a product gives without enrolling anyone: where, and what there. */
function sayGiven(
  given: ToldAccess['gives'],
  locale: Locale,
): { what: { text: string; course?: number }; gives: string } {
  const t = productsTexts[locale]
  if ('cohort' in given) return { what: { text: t.cohortOf(given.cohort) }, gives: '' }
  if ('context' in given) {
    const { level, instance } = given.context
    const text = level === 'system' ? t.systemRole(given.role) : t.categoryRole(given.role, instance)
    return { what: { text }, gives: '' }
  }
  const what = { text: t.courseOf(given.course), course: given.course }
  return { what, gives: 'group' in given ? t.groupAlone(given.group) : t.roleAlone(given.role) }
}

function period(told: NonNullable<ToldEnrolment['told']>, locale: Locale): string {
  const t = productsTexts[locale]
  const day = (seconds: number) => formatMoment(new Date(seconds * 1000), locale)
  return told.endsAt > 0 ? t.fromTo(day(told.startsAt), day(told.endsAt)) : t.from(day(told.startsAt))
}
