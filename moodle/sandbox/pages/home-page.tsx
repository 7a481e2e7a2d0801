import { recentCalls } from '../call-log.ts'
import { frontPageId } from '../courses.ts'
import { describeAccounts, describeCohorts, describeEnrolments, describeRoles } from '../describe-site.ts'
import type { Site } from '../rest.ts'
import type { Course } from '../state.ts'
import { EnrolmentTable } from './enrolment-table.tsx'
import { Faults } from './faults.tsx'
import { Page, withLanguage } from './page.tsx'
import { type Language, type Voice, voiceIn } from './texts.ts'

const shownPeople = 12
const shownAccounts = 12
const shownCalls = 15

type View = { site: Site; voice: Voice; email: string; now: number }

/** The whole site on one page: courses with their people, faults, calls, cohorts, accounts. */
export function HomePage(props: {
  site: Site
  language: Language
  email: string
  now: number
  wrongFault: boolean
}) {
  const { site, language, email } = props
  const voice = voiceIn(language)
  const { t } = voice
  const view = { site, voice, email, now: props.now }
  const courses = [...site.state.courses.values()].filter((course) => course.id !== frontPageId)
  const accounts = describeAccounts(site.state, email)
  let enrolments = 0
  for (const people of site.state.enrolments.values()) enrolments += people.size
  return (
    <Page
      language={language}
      title={`${site.state.sitename} – ${t.sandbox}`}
      sitename={site.state.sitename}
      release={site.state.release}
      address={email ? `/?email=${encodeURIComponent(email)}` : '/'}
    >
      <div class="home">
        <main>
          <div class="heading">
            <h1>{t.courses}</h1>
            <p>{t.counts(courses.length, site.state.emails.size - 1, enrolments)}</p>
          </div>
          <search>
            <form class="filter" method="get" action="/">
              <label for="email">{t.filterLabel}</label>
              <div>
                <input id="email" name="email" type="search" value={email} autocomplete="off" />
                <input type="hidden" name="lang" value={language} />
                <button type="submit">{t.filterButton}</button>
                {email && <a href={withLanguage('/', language)}>{t.filterClear}</a>}
              </div>
            </form>
          </search>
          {email && accounts.length === 0 && <p class="empty">{t.filterNone(email)}</p>}
          {courses.map((course) => (
            <CourseCard course={course} {...view} />
          ))}
        </main>
        <aside class="side">
          <Faults site={site} language={language} wrong={props.wrongFault} />
          <Calls {...view} />
          <Cohorts {...view} />
          <Accounts {...view} accounts={accounts} />
        </aside>
      </div>
    </Page>
  )
}

function CourseCard({ site, voice, email, now, course }: View & { course: Course }) {
  const { t, language } = voice
  const people = describeEnrolments(site.state, course, now, { email, limit: shownPeople })
  if (email && people.total === 0) return null
  const address = withLanguage(`/course/view.php?id=${course.id}`, language)
  return (
    <section class="course">
      <h2>
        <a href={address}>{course.fullname}</a>
      </h2>
      <p class="facts">
        <code>{course.shortname}</code>
        <span>{site.state.categories.get(course.categoryId)?.name}</span>
        <CourseBadges course={course} voice={voice} />
      </p>
      {people.total === 0 ? (
        <p class="empty">{t.nobody}</p>
      ) : (
        <EnrolmentTable enrolments={people.shown} caption={course.fullname} now={now} voice={voice} />
      )}
      {people.total > shownPeople && (
        <p class="more">
          <a href={address}>{t.more(people.total)}</a>
        </p>
      )}
    </section>
  )
}

/** What keeps people out of a course. */
export function CourseBadges({ course, voice: { t } }: { course: Course; voice: Voice }) {
  return (
    <>
      {!course.visible && <span class="badge ended">{t.hidden}</span>}
      {course.manual === 'none' && <span class="badge suspended">{t.manualNone}</span>}
      {course.manual === 'disabled' && <span class="badge suspended">{t.manualDisabled}</span>}
    </>
  )
}

function Calls({ site, voice: { t, time } }: View) {
  const calls = recentCalls(site.log).slice(-shownCalls).reverse()
  return (
    <section class="panel" id="calls">
      <h2>{t.calls}</h2>
      {calls.length === 0 ? (
        <p class="empty">{t.callsNone}</p>
      ) : (
        <>
          <p class="hint">{t.callsTotal(site.log.total)}</p>
          <ol class="calls">
            {calls.map((call) => (
              <li>
                <Name of={call.function} />
                <span class="hint">
                  {time(call.at)} · {t.elements(call.elements)} ·{' '}
                  <span class={`badge ${call.outcome === 'ok' ? 'open' : 'failed'}`}>
                    {call.outcome.startsWith('<') ? 'password' : call.outcome}
                  </span>
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

/** A function's name, which may break after any of its words. */
const Name = ({ of: name }: { of: string }) => (
  <code>
    {name.split(/(?<=_)/).map((word) => (
      <>
        {word}
        <wbr />
      </>
    ))}
  </code>
)

function Cohorts({ site, email, voice: { t } }: View) {
  const roles = describeRoles(site.state, email)
  const cohorts = describeCohorts(site.state, email).filter(({ members }) => !email || members.length > 0)
  if (cohorts.length + roles.length === 0) return null
  return (
    <section class="panel">
      <h2>{t.cohorts}</h2>
      <ul class="list">
        {cohorts.map((cohort) => (
          <li>
            <span>
              {cohort.name} <code>{cohort.idnumber}</code>
            </span>
            <span class="hint">
              {t.cohortMembers(cohort.members.length)}
              {cohort.members.length > 0 && `: ${cohort.members.slice(-shownPeople).join(', ')}`}
            </span>
          </li>
        ))}
      </ul>
      {roles.length > 0 && (
        <>
          <h3>{t.otherRoles}</h3>
          <ul class="list">
            {roles.slice(-shownPeople).map((given) => (
              <li>
                <span>{given.email}</span>
                <span class="hint">
                  {given.roles.map((role) => t.roleNames[role] ?? role).join(', ')}:{' '}
                  {contextName(site, given.context, t)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function contextName(site: Site, context: string, t: Voice['t']): string {
  const [level, id] = context.split(':')
  if (level === 'coursecat') {
    return `${t.contexts.coursecat} ${site.state.categories.get(Number(id))?.name ?? id}`
  }
  if (level === 'course') return `${t.contexts.course} ${site.state.courses.get(Number(id))?.shortname ?? id}`
  return t.contexts.system
}

function Accounts({
  accounts,
  voice: { t },
}: View & { accounts: { email: string; fullname: string; username: string; suspended: boolean }[] }) {
  return (
    <section class="panel">
      <h2>{t.accounts}</h2>
      <p class="hint">{t.accountsShown(Math.min(shownAccounts, accounts.length), accounts.length)}</p>
      <ul class="list">
        {accounts.slice(0, shownAccounts).map((account) => (
          <li>
            <span>
              {account.fullname}{' '}
              {account.suspended && <span class="badge suspended">{t.suspendedAccount}</span>}
            </span>
            <span class="hint">{account.email}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
